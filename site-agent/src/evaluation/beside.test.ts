import { tf, useBackend } from '@consilium/models/backend';
import { labelled, pick } from '@consilium/models/samples';
import { classifier, type Model, openModel, predict, rowsFeed } from '@consilium/models/training';
import { blobHash, stepId } from '@consilium/shared/ids';
import { siteReport } from '@consilium/shared/report';
import { beforeAll, describe, expect, it } from 'vitest';
import { tinySite } from '../testing/tiny-site.js';
import { type EvaluateOptions, evaluateModel } from './index.js';

const rows = 12;
const samples = labelled(
  { kind: 'rows', rows, width: 2, values: Float32Array.from({ length: 2 * rows }, (_, index) => index % 3) },
  Int32Array.from({ length: rows }, (_, row) => row % 2),
);

type Network = Pick<Model, 'classes' | 'study' | 'classify' | 'beside'>;
const ordinary: Network = { classes: 2, ...classifier({ feed: rowsFeed, logits: (x) => x, classes: 2 }) };
const model = (changes: Partial<Network>): Model => {
  const network = () => ({ ...ordinary, ...changes });
  return openModel({ family: 'toy', preset: 'small', stage: 'train', parameters: [], seed: 1, network });
};

async function judged(changes: Partial<Network>, options: Partial<EvaluateOptions> = {}) {
  const site = await tinySite();
  try {
    return await evaluateModel({
      ...{
        model: model(changes),
        part: samples,
        training: samples,
        partName: 'test',
        contract: site.signed().contract,
      },
      ...{ site: site.enrolment.site, step: stepId.parse('test'), modelHash: blobHash.parse('a'.repeat(64)) },
      counts: { read: rows, kept: rows, otherLabel: 0, quarantined: 0, missingFeatures: 0 },
      backend: { name: 'cpu', version: '4', kind: 'cpu', device: 'cpu', threads: 1 },
      ...{ features: 2, synthetic: true, batchSize: 5, now: new Date('2026-01-02T03:04:05Z') },
      ...options,
    });
  } finally {
    await site.remove();
  }
}

const few = (patients: number) => ({
  ...samples,
  patients: Int32Array.from({ length: rows }, (_, row) => row % patients),
});

beforeAll(() => useBackend('cpu'));

describe('a stage without classes', () => {
  const study = (): ReturnType<Network['study']> => ({ loss: (batch) => tf.scalar(batch.length), dispose: () => {} });

  it('is judged by its loss over all samples', async () => {
    // Batches of 5 and 7 rows, whose loss is their number.
    const evaluated = await judged({ classify: null, study });
    expect(evaluated).toMatchObject({ measures: null, counts: null, report: null });
    expect(evaluated.beside.score?.n).toBe(rows);
    expect(evaluated.beside.score?.loss).toBeCloseTo((25 + 49) / 12, 6);
  });

  it('tells in the final test what else it says of samples', async () => {
    const values = Float32Array.from({ length: rows }, () => 0.25);
    const beside = async () => ({ panels: [], figures: [{ name: 'reconstruction-mse', values }] });
    const { beside: told } = await judged({ classify: null, study, beside });
    expect(told).toMatchObject({ score: { n: rows }, figures: [{ name: 'reconstruction-mse', n: rows, sum: 3 }] });
    const { beside: between } = await judged({ classify: null, study, beside }, { partName: 'validation' });
    expect(between).not.toHaveProperty('figures');
  });

  it('says nothing about few patients', async () => {
    expect((await judged({ classify: null, study }, { part: few(4) })).beside).toEqual({});
  });
});

describe('what a model says beside its classes', () => {
  const values = (known: number) => Float32Array.from({ length: rows }, (_, row) => (row < known ? 0.5 : Number.NaN));
  const beside = async () => ({
    panels: [
      { name: 'majority', probabilities: Float32Array.from({ length: 2 * rows }, (_, index) => 1 - (index % 2)) },
    ],
    figures: [
      { name: 'all', values: values(12) },
      { name: 'most', values: values(9) },
      { name: 'half', values: values(6) },
      { name: 'few', values: values(3) },
      { name: 'none', values: values(0) },
    ],
  });

  it('is told in the final test, figures only where no few patients are singled out', async () => {
    const { beside: told, counts, report } = await judged({ beside });
    expect(counts).not.toBeNull();
    expect(report?.panels).toMatchObject([
      {
        name: 'majority',
        scores: { accuracy: { value: 0.5, interval: null } },
        perClass: [
          { recall: 1, precision: 0.5 },
          { recall: 0, precision: null },
        ],
      },
    ]);
    expect(report?.figures).toEqual([
      { name: 'all', n: 12, mean: 0.5 },
      { name: 'half', n: 6, mean: 0.5 },
    ]);
    expect(told.panels?.map(({ name }) => name)).toEqual(['majority']);
    expect(told.figures).toEqual([
      { name: 'all', n: 12, sum: 6 },
      { name: 'half', n: 6, sum: 3 },
    ]);
  });

  it('is told of no training samples where there are none to fit baselines on', async () => {
    const asked: number[] = [];
    const says = ({ training }: { readonly training: { readonly rows: number } }) => {
      asked.push(training.rows);
      return beside();
    };
    await judged({ beside: says }, { training: null });
    expect(asked).toEqual([0]);
  });

  it('is not told in validation, nor about few patients', async () => {
    expect((await judged({ beside }, { partName: 'validation' })).beside).toEqual({});
    expect((await judged({ beside }, { part: few(4) })).beside).toEqual({});
  });
});

describe('subgroups that the run names', () => {
  const named = (contract: EvaluateOptions['contract']): EvaluateOptions['contract'] => {
    const { runFile } = contract;
    const subgroups = [{ column: 'sex' }, { column: 'age', bands: [18] }];
    return { ...contract, runFile: { ...runFile, validation: { ...runFile.validation, subgroups } } };
  };
  const stated = Array.from({ length: rows }, (_, row) => [row < 6 ? 'F' : 'M', row < 2 ? '' : String(row + 12)]);
  const given = async () => {
    const site = await tinySite();
    await site.remove();
    return { stated, contract: named(site.signed().contract) };
  };

  it('stand in the report of the final test, column after column, with pooled counts of what is shown', async () => {
    const { report, beside } = await judged({}, await given());
    expect(siteReport.parse(report)).toEqual(report);
    expect(report?.subgroups?.map(({ column }) => column)).toEqual(['sex', 'age']);
    const [sex, age] = report?.subgroups ?? [];
    expect(sex?.groups.map(({ name, n }) => [name, n])).toMatchObject([
      ['F', 6],
      ['M', 6],
      ['other values', 0],
      ['not stated', 0],
    ]);
    expect(age?.groups.map(({ name, n }) => [name, n])).toEqual([
      ['under 18', { suppressed: true }],
      ['18 and over', 6],
      ['not stated', { suppressed: true }],
    ]);
    expect(beside.panels?.map(({ name }) => name)).toEqual([
      'subgroup: sex: F',
      'subgroup: sex: M',
      'subgroup: age: 18 and over',
    ]);
  });

  it('are no part of a round, nor of a report of few patients', async () => {
    const options = await given();
    expect((await judged({}, { ...options, partName: 'validation' })).report).not.toHaveProperty('subgroups');
    expect((await judged({}, { ...options, part: few(4) })).beside).toEqual({});
  });
});

describe('calibration at a temperature', () => {
  it('stands in the report of the final test, fitted to validation samples alone', async () => {
    // The model names class 0 of every third row alone; two answers of twelve are wrong here, so that a finite temperature is best.
    const y = Int32Array.from({ length: rows }, (_, row) => (row % 6 === 0 ? 0 : row % 3 === 1 ? 0 : 1));
    const validation = { ...samples, y };
    const { report } = await judged({}, { validation });
    expect(siteReport.parse(report)).toEqual(report);
    expect(report?.temperatureScaled).toMatchObject({ fittedTo: rows, scores: { ece: expect.any(Number) } });
    const turned = { ...samples, y: samples.y.map((label) => 1 - label) };
    const other = await judged({}, { validation, part: turned });
    const temperatures = [report, other.report].map((one) => one?.temperatureScaled);
    expect(temperatures[0]).toHaveProperty('temperature');
    expect(temperatures[1]).toHaveProperty('temperature', (temperatures[0] as { temperature: number }).temperature);
  });

  it('is none where too few validation patients, or none, were kept, and says why', async () => {
    const none = pick(samples, new Int32Array());
    const scaledOf = async (validation: typeof samples) => (await judged({}, { validation })).report?.temperatureScaled;
    expect(await scaledOf(few(4))).toEqual({ none: 'few patients' });
    expect(await scaledOf(none)).toEqual({ none: 'no validation' });
  });

  it('is no part of a round, nor of figures for which nothing was kept aside', async () => {
    const options = { validation: samples, partName: 'validation' } as const;
    expect((await judged({}, options)).report).not.toHaveProperty('temperatureScaled');
    expect((await judged({})).report).not.toHaveProperty('temperatureScaled');
  });
});

describe('answers at a threshold', () => {
  // The model has two scores, the lower in every third row, which are all of the first class.
  const y = Int32Array.from({ length: rows }, (_, row) => (row % 6 === 0 || row % 3 === 1 ? 0 : 1));

  it('stand in the report of the final test, the threshold chosen on validation samples alone', async () => {
    const validation = { ...samples, y };
    const { report } = await judged({}, { validation });
    expect(siteReport.parse(report)).toEqual(report);
    const { report: other } = await judged({}, { validation, part: { ...samples, y } });
    const chosen = [report, other].map((one) => one?.atThreshold);
    expect(chosen[0]).toMatchObject({ fittedTo: rows, positive: 'B', sensitivity: { interval: null } });
    expect(chosen[1]).toHaveProperty('threshold', (chosen[0] as { threshold: number }).threshold);
  });

  it('are none where too few validation patients, or none, were kept, and say why', async () => {
    const told = async (validation: typeof samples) => (await judged({}, { validation })).report?.atThreshold;
    expect(await told(few(4))).toEqual({ none: 'few patients' });
    expect(await told(pick(samples, new Int32Array()))).toEqual({ none: 'no validation' });
    expect(await told({ ...samples, y: new Int32Array(rows) })).toEqual({ none: 'one class' });
  });

  it('are no part of a round, nor of figures for which nothing was kept aside', async () => {
    const options = { validation: samples, partName: 'validation' } as const;
    expect((await judged({}, options)).report).not.toHaveProperty('atThreshold');
    expect((await judged({})).report).not.toHaveProperty('atThreshold');
  });

  it('are of two classes alone', async () => {
    const site = await tinySite();
    const { contract } = site.signed();
    await site.remove();
    const { runFile } = contract;
    const wider = { ...contract, runFile: { ...runFile, model: { ...runFile.model, classes: ['A', 'B', 'C'] } } };
    const logits = (x: tf.Tensor2D): tf.Tensor2D =>
      tf.pad(x, [
        [0, 0],
        [0, 1],
      ]);
    const network = { classes: 3, ...classifier({ feed: rowsFeed, logits, classes: 3 }) };
    const { report } = await judged(network, { contract: wider, validation: samples });
    expect(report).toHaveProperty('temperatureScaled');
    expect(report).not.toHaveProperty('atThreshold');
  });
});

describe('another model of the same samples', () => {
  // The model says class 0 of every third row alone: 8 of 12 are named otherwise by one that always says it, of 4 patients if there are 6.
  const always = Float32Array.from({ length: 2 * rows }, (_, index) => 1 - (index % 2));
  const rival = { name: 'local-only', probabilities: always };

  it('stands among the baselines, and the report says by how much the model is above it', async () => {
    const { report, beside, counts } = await judged({}, { rivals: [rival] });
    const [panel] = report?.panels ?? [];
    expect(panel).toMatchObject({ name: 'local-only', scores: { accuracy: { value: 0.5 } } });
    expect(beside.panels?.map(({ name }) => name)).toEqual(['local-only']);
    const own = report?.measures.scores.accuracy.value;
    const { over, scores } = report?.uplift?.[0] ?? {};
    expect(over).toBe('local-only');
    expect(scores?.accuracy?.difference).toBeCloseTo(Number(own) - 0.5, 3);
    expect(scores?.accuracy?.interval).not.toBeNull();
    expect(counts).not.toBeNull();
    expect(siteReport.parse(report)).toEqual(report);
  });

  it('is not held against it where they differ about few patients', async () => {
    const { report } = await judged({}, { rivals: [rival], part: few(6) });
    expect(report?.panels?.map(({ name }) => name)).toEqual(['local-only']);
    const alike = await judged({}, { rivals: [{ ...rival, probabilities: await own() }] });
    expect(alike.report?.uplift?.[0]?.scores.accuracy).toEqual({ difference: 0, interval: { low: 0, high: 0 } });
    const nearly = await own();
    nearly.set([nearly[1]!, nearly[0]!], 0);
    expect((await judged({}, { rivals: [{ ...rival, probabilities: nearly }] })).report).not.toHaveProperty('uplift');
  });

  it('is no part of a round', async () => {
    const { report, beside } = await judged({}, { rivals: [rival], partName: 'validation' });
    expect(report).not.toHaveProperty('uplift');
    expect(beside).toEqual({});
  });

  const own = () => predict({ model: model({}), samples, reference: null, batchSize: 5 });
});
