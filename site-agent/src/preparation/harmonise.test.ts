import { asRows, labelled } from '@consilium/models/samples';
import { readRunFile } from '@consilium/shared/contract';
import type { PreparationState } from '@consilium/shared/statistics';
import { describe, expect, it } from 'vitest';
import type { Dataset, Part } from '../data/index.js';
import { applyPreparation } from './index.js';

const runOf = (preparation: string) =>
  readRunFile(`name: demo
model: { family: attention-aml, classes: [A, B] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv } }
preparation: ${preparation}
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
`);

const partOf = (rows: readonly (readonly number[])[]): Part =>
  labelled(
    { kind: 'rows', rows: rows.length, width: 3, values: Float32Array.from(rows.flat()) },
    Int32Array.from(rows, (_, row) => row % 2),
  );

const cohortOf = (train: readonly (readonly number[])[], test: readonly (readonly number[])[]): Dataset => ({
  ...{ features: ['G1', 'G2', 'G3'], classes: ['A', 'B'], quarantine: [] },
  parts: { train: partOf(train), validation: partOf([]), test: partOf(test) },
  ids: { train: [], validation: [], test: [] },
  counts: { read: 0, kept: 0, otherLabel: 0, quarantined: 0, missingFeatures: 0 },
});

const state: PreparationState = {
  ...{ format: 'consilium-preparation-1', features: ['G1', 'G2', 'G3'], classCounts: [10, 10], samples: 20 },
  scale: { mean: [0, 0, 0], sd: [1, 1, 1] },
};
const valuesOf = (part: Part): readonly number[] => [...asRows(part.input).values];
const training = [1, 2, 3, 4, 5].map((value) => [value, 7, value === 3 ? Number.NaN : value * 10]);

describe('a z-score within the site', () => {
  const run = runOf('{ impute: zero, harmonise: siteZ, scale: none }');

  it('is fitted to training samples, and done alike in all parts; what is missing stays so for scaling', () => {
    const { parts } = applyPreparation(
      cohortOf(training, [
        [3, 9, 30],
        [Number.NaN, 7, 10],
      ]),
      state,
      run,
    );
    const sd = Math.sqrt(2.5);
    expect(valuesOf(parts.train).slice(0, 3)).toEqual([
      Math.fround(-2 / sd),
      0,
      expect.closeTo(-20 / Math.sqrt(1000 / 3), 5),
    ]);
    expect(valuesOf(parts.test)).toEqual([0, 0, 0, 0, 0, expect.closeTo(-20 / Math.sqrt(1000 / 3), 5)]);
  });

  it('needs a calibration sample', () => {
    expect(() => applyPreparation(cohortOf(training.slice(1), []), state, run)).toThrow(
      expect.objectContaining({ code: 'CSM-EVALUATE-CALIBRATION', details: { minimum: 5 } }),
    );
  });
});

describe('imputation by the median', () => {
  it('fills what is missing with what the run has found, and leaves the rest', () => {
    const run = runOf('{ impute: median, scale: none }');
    const given = { ...state, fitted: { impute: { values: [1, 2, 3] } } };
    const { parts } = applyPreparation(cohortOf(training, [[Number.NaN, Number.NaN, 4]]), given, run);
    expect(valuesOf(parts.test)).toEqual([1, 2, 4]);
    expect(valuesOf(parts.train)[8]).toBe(3);
  });
});

describe('ComBat', () => {
  const run = runOf('{ harmonise: combat, scale: none }');
  const model = { grandMean: [10, 7, 100], variance: [4, 0, 900] };
  const given = { ...state, fitted: { impute: { values: [3, 7, 30] }, combat: model } };

  it('brings a new site near the others, and leaves alone what varies nowhere', () => {
    const { parts } = applyPreparation(cohortOf(training, training), given, run);
    expect(valuesOf(parts.test)).toEqual(valuesOf(parts.train));
    const [first, second] = [0, 2].map((gene) => valuesOf(parts.train).filter((_, at) => at % 3 === gene));
    const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.abs(meanOf(first!) - 10)).toBeLessThan(2);
    expect(Math.abs(meanOf(second!) - 100)).toBeLessThan(30);
    expect(valuesOf(parts.train).filter((_, at) => at % 3 === 1)).toEqual([7, 7, 7, 7, 7]);
  });

  it('needs what the run has fitted, and a calibration sample', () => {
    expect(() => applyPreparation(cohortOf(training, []), state, run)).toThrow(
      expect.objectContaining({ code: 'CSM-STATISTICS-INVALID' }),
    );
    expect(() => applyPreparation(cohortOf(training.slice(1), []), given, run)).toThrow(
      expect.objectContaining({ code: 'CSM-EVALUATE-CALIBRATION' }),
    );
  });
});
