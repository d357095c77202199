import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Signature } from '../ids.js';
import { countsOf } from '../metrics/index.js';
import { drawPredictions } from '../metrics/predictions.fixture.js';
import { type EvaluationTerms, encodeEvaluation, readEvaluation } from './evaluation-blob.js';
import { inventReport, subtypes } from './reports.fixture.js';

const report = inventReport();
const counts = countsOf(drawPredictions({ seed: 11, rows: 140, classes: 8, skill: 2.6, sharpness: 1.4 }));
const evaluation = {
  salt: 'A'.repeat(22),
  counts,
  report: { report, signature: 'x'.repeat(86) as Signature },
};
const terms: EvaluationTerms = { ...report, classes: subtypes };
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));
const refused = (code: string) => expect.objectContaining({ code });

describe('an evaluation blob', () => {
  it('comes back as it was sent', () => {
    expect(readEvaluation(encodeEvaluation(evaluation), terms)).toEqual(evaluation);
  });

  it('may hold nothing, where too few patients stand behind it', () => {
    const nothing = { salt: 'A'.repeat(22), counts: null, report: null };
    expect(readEvaluation(encodeEvaluation(nothing), terms)).toEqual(nothing);
  });

  it.each([
    ['run', '2f'.repeat(16)],
    ['contract', 'b'.repeat(64)],
    ['step', 'validate:3'],
    ['site', 'hospital-east'],
    ['model', 'b'.repeat(64)],
    ['minimumCell', 1],
  ])('is refused when its report is for another %s', (field, value) => {
    const other = { ...evaluation, report: { ...evaluation.report, report: { ...report, [field]: value } } };
    expect(() => readEvaluation(bytesOf(other), terms)).toThrow(
      expect.objectContaining({ code: 'CSM-REPORT-FOREIGN', details: { field } }),
    );
  });

  it('is refused when classes, counts and report are not of one piece', () => {
    const read =
      (value: unknown, asked = terms) =>
      () =>
        readEvaluation(bytesOf(value), asked);
    expect(read(evaluation, { ...terms, classes: [...subtypes].reverse() })).toThrow(refused('CSM-REPORT-FOREIGN'));
    expect(read(evaluation, { ...terms, classes: subtypes.slice(1) })).toThrow(refused('CSM-METRICS-CLASSES'));
    const rates = { precision: 0.5, recall: 0.5, f1: 0.5, auc: null };
    const withPanel = (perClass: readonly string[]) => {
      const own = { name: 'majority', scores: report.measures.scores };
      const panels = [{ ...own, perClass: perClass.map((name) => ({ class: name, ...rates })) }];
      return { ...evaluation, report: { ...evaluation.report, report: { ...report, panels } } };
    };
    expect(read(withPanel(subtypes))).not.toThrow();
    expect(read(withPanel(subtypes.slice(1)))).toThrow(refused('CSM-REPORT-FOREIGN'));
    expect(read({ ...evaluation, counts: null })).toThrow(refused('CSM-REPORT-INVALID'));
    expect(read({ ...evaluation, counts: { ...counts, values: counts.values.slice(1) } })).toThrow(
      refused('CSM-METRICS-COUNTS'),
    );
  });

  it('is refused when it counts fewer patients than may be counted', () => {
    const few = countsOf(drawPredictions({ seed: 1, rows: 4, classes: 8 }));
    expect(() => readEvaluation(bytesOf({ ...evaluation, counts: few, report: null }), terms)).toThrow(
      refused('CSM-REPORT-INVALID'),
    );
  });

  it('is refused when a temperature was fitted to too few', () => {
    const { reliability } = report.measures;
    const scores = { loss: 0.6, brier: 0.3, ece: 0.04, ece15: 0.05, mce: 0.1 };
    const withTemperature = (fittedTo: number) => {
      const temperatureScaled = { temperature: 1.5, fittedTo, scores, reliability };
      const own = { ...evaluation.report, report: { ...report, temperatureScaled } };
      return () => readEvaluation(bytesOf({ ...evaluation, report: own }), terms);
    };
    expect(withTemperature(5)).not.toThrow();
    expect(withTemperature(4)).toThrow(refused('CSM-REPORT-INVALID'));
  });

  it('is refused when a threshold was chosen on too few, or is of another class', () => {
    const classes = ['AML', 'ALL'];
    const two = inventReport({ classes });
    const rate = { value: 0.8, interval: null };
    const rates = { sensitivity: rate, specificity: rate, ppv: rate, npv: rate, accuracy: rate };
    const withThreshold = (own: object, base: typeof report = two) => {
      const at = { threshold: 0.4, fittedTo: 10, positive: 'ALL', ...rates, ...own };
      const counts = countsOf(drawPredictions({ seed: 11, rows: 140, classes: base.measures.perClass.length }));
      const { run, contract, step, site, model } = terms;
      const whole = { ...base, run, contract, step, site, model, atThreshold: at };
      const blob = { ...evaluation, counts, report: { ...evaluation.report, report: whole } };
      return () =>
        readEvaluation(bytesOf(blob), { ...terms, classes: base.measures.perClass.map((each) => each.class) });
    };
    expect(withThreshold({})).not.toThrow();
    expect(withThreshold({ fittedTo: 9 })).toThrow(refused('CSM-REPORT-INVALID'));
    expect(withThreshold({ positive: 'AML' })).toThrow(refused('CSM-REPORT-FOREIGN'));
    expect(withThreshold({ positive: 'CEBPA' }, report)).toThrow(refused('CSM-REPORT-FOREIGN'));
  });

  it('is refused when a subgroup is of too few, or of other classes', () => {
    const group = { name: 'F', n: 40, scores: null, support: subtypes.map(() => 5) };
    const withGroup = (own: object) => {
      const subgroups = [{ column: 'sex', groups: [{ ...group, ...own }] }];
      return () =>
        readEvaluation(
          bytesOf({ ...evaluation, report: { ...evaluation.report, report: { ...report, subgroups } } }),
          terms,
        );
    };
    expect(withGroup({})).not.toThrow();
    expect(withGroup({ n: 4 })).toThrow(refused('CSM-REPORT-INVALID'));
    expect(withGroup({ support: subtypes.map(() => 1) })).toThrow(refused('CSM-REPORT-INVALID'));
    expect(withGroup({ support: [5, 5] })).toThrow(refused('CSM-REPORT-FOREIGN'));
  });

  it('is refused with a code, never a crash, whatever bytes arrive', () => {
    const coded = expect.objectContaining({ name: 'CodedError' });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          expect(() => readEvaluation(bytes, terms)).toThrow(coded);
        },
      ),
    );
    const text = JSON.stringify(evaluation);
    fc.assert(
      fc.property(fc.nat({ max: text.length - 1 }), (end) => {
        expect(() => readEvaluation(Buffer.from(text.slice(0, end)), terms)).toThrow(coded);
      }),
    );
  });
});
