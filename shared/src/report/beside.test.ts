import { describe, expect, it } from 'vitest';
import { countsOf } from '../metrics/index.js';
import { drawPredictions } from '../metrics/predictions.fixture.js';
import { type EvaluationTerms, encodeEvaluation, readEvaluation } from './evaluation-blob.js';
import { inventReport, subtypes } from './reports.fixture.js';

const terms: EvaluationTerms = { ...inventReport(), classes: subtypes, minimumCell: 5 };
const countsFor = (rows: number) => countsOf(drawPredictions({ seed: 11, rows, classes: 8 }));
const nothing = { salt: 'A'.repeat(22), counts: null, report: null };
const read = (beside: object) => readEvaluation(encodeEvaluation({ ...nothing, ...beside }), terms);
const refused = (code: string) => expect.objectContaining({ code });

describe('what an evaluation holds beside counts and report', () => {
  const beside = {
    score: { n: 40, loss: -1.25 },
    panels: [
      { name: 'majority', counts: countsFor(40) },
      { name: 'nearest-5', counts: countsFor(40) },
    ],
    figures: [{ name: 'retrieval-map3', n: 38, sum: 20.5 }],
  };

  it('comes back as it was sent', () => {
    expect(read(beside)).toEqual({ ...nothing, ...beside });
  });

  it.each([
    { name: 'a score of few', wrong: { score: { n: 4, loss: 1 } } },
    { name: 'a score that is no number', wrong: { score: { n: 40, loss: null } } },
    { name: 'a figure of few', wrong: { figures: [{ name: 'recall', n: 4, sum: 1 }] } },
    { name: 'a panel of few', wrong: { panels: [{ name: 'majority', counts: countsFor(4) }] } },
    { name: 'a name that could be anything', wrong: { figures: [{ name: 'Mr Smith', n: 40, sum: 1 }] } },
    { name: 'two figures of one name', wrong: { figures: [...beside.figures, ...beside.figures] } },
  ])('is refused with $name', ({ wrong }) => {
    expect(() => read(wrong)).toThrow(refused('CSM-REPORT-INVALID'));
  });

  it('is refused with a panel of other classes', () => {
    const counts = countsOf(drawPredictions({ seed: 1, rows: 40, classes: 3 }));
    expect(() => read({ panels: [{ name: 'majority', counts }] })).toThrow(refused('CSM-METRICS-CLASSES'));
  });
});
