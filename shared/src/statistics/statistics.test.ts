import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Contract, contract, readRunFile } from '../contract/index.js';
import { CodedError } from '../errors/index.js';
import { suppressCells } from './cells.js';
import { type CohortStatistics, readCohort } from './cohort.js';
import { foldCohort, poolMoments, scaledBy } from './fold.js';
import { encodePreparation, type PreparationState, readPreparation } from './preparation-state.js';
import { readScale, type ScaleStatistics } from './scale.js';

const run = readRunFile(`name: demo
model: { family: attention-aml, classes: [A, B, C] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv } }
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
`);
const terms = (features: 'common' | string[]): Contract =>
  contract.parse({
    format: 'consilium-contract-1',
    consortium: 'c'.repeat(32),
    run: 'a'.repeat(32),
    notAfter: '2026-01-01T00:00:00Z',
    files: {},
    runFile: { ...run, data: { ...run.data, features } },
  });
const common = terms('common');
const listed = terms(['G2', 'G1', 'G3', 'G4', 'G5']);
const salt = 'A'.repeat(22);
const cohort: CohortStatistics = {
  format: 'consilium-cohort-1',
  salt,
  samples: { train: 30, validation: 6, test: 8 },
  classCounts: [20, 10, 0],
  features: ['G1', 'G2', 'G3'],
  missingFeatures: 0,
  counts: { read: 60, kept: 44, otherLabel: 9, quarantined: 7 },
};
const scale: ScaleStatistics = { format: 'consilium-scale-1', salt, n: [30, 0], mean: [2, 0], m2: [58, 0] };
const state: PreparationState = {
  format: 'consilium-preparation-1',
  features: ['G1', 'G2'],
  classCounts: [20, 10, 0],
  samples: 30,
  scale: null,
};
const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof CodedError) return thrown.code;
    throw thrown;
  }
  return 'none';
};

describe('cohort statistics', () => {
  it('are read as sent', () => {
    expect(readCohort(bytes(cohort), { contract: common, samples: 30 })).toEqual(cohort);
    const withheld = {
      ...cohort,
      samples: { ...cohort.samples, test: null },
      classCounts: [20, null, null],
      counts: { read: null, kept: null, otherLabel: null, quarantined: 7 },
    };
    expect(readCohort(bytes(withheld), { contract: common, samples: 30 })).toEqual(withheld);
  });

  const faults: readonly (readonly [string, unknown, Contract, string])[] = [
    [
      'more samples than signed',
      { ...cohort, samples: { ...cohort.samples, train: 31 } },
      common,
      'CSM-STATISTICS-INVALID',
    ],
    ['too few training samples', { ...cohort, samples: { ...cohort.samples, train: 4 } }, common, 'CSM-COHORT-SMALL'],
    [
      'counts that do not add up',
      { ...cohort, counts: { ...cohort.counts, read: 61 } },
      common,
      'CSM-STATISTICS-INVALID',
    ],
    [
      'parts that do not add up',
      { ...cohort, samples: { ...cohort.samples, test: 9 } },
      common,
      'CSM-STATISTICS-INVALID',
    ],
    ['class counts that do not add up', { ...cohort, classCounts: [20, 11, 0] }, common, 'CSM-STATISTICS-INVALID'],
    ['a class too many', { ...cohort, classCounts: [20, 10, 0, 0] }, common, 'CSM-STATISTICS-INVALID'],
    ['a cell of one patient', { ...cohort, classCounts: [20, 1, null] }, common, 'CSM-STATISTICS-CELL'],
    ['features out of order', { ...cohort, features: ['G2', 'G1'] }, common, 'CSM-STATISTICS-INVALID'],
    ['a feature twice', { ...cohort, features: ['G1', 'G1'] }, common, 'CSM-STATISTICS-INVALID'],
    ['no features', { ...cohort, features: null }, common, 'CSM-STATISTICS-INVALID'],
    ['features nobody asked for', cohort, listed, 'CSM-STATISTICS-INVALID'],
    [
      'too many missing features',
      { ...cohort, features: null, missingFeatures: 1 },
      listed,
      'CSM-DATA-MISSING-FEATURES',
    ],
    ['a negative count', { ...cohort, missingFeatures: -1 }, common, 'CSM-STATISTICS-INVALID'],
    ['an unknown key', { ...cohort, patients: ['x'] }, common, 'CSM-STATISTICS-INVALID'],
  ];
  it.each(faults)('are refused with %s', (_, sent, asked, code) => {
    const samples = code === 'CSM-COHORT-SMALL' ? 4 : 30;
    expect(codeOf(() => readCohort(bytes(sent), { contract: asked, samples }))).toBe(code);
  });

  describe('of a run whose stages look at groups', () => {
    const data = { ...run.data, group: 'lineage', groups: ['a', 'b'] };
    const stages = [{ name: 'body', groups: ['a'] }, { name: 'head' }];
    const asked = contract.parse({ ...common, runFile: { ...run, data, stages } });
    const sent = (stageSamples?: readonly (number | null)[]) => () =>
      readCohort(bytes({ ...cohort, ...(stageSamples && { stageSamples }) }), { contract: asked, samples: 30 });

    it('name the samples of each stage, or none of one with too few patients', () => {
      expect(sent([12, 30])().stageSamples).toEqual([12, 30]);
      expect(sent([null, 30])().stageSamples).toEqual([null, 30]);
    });

    it.each([
      ['none', undefined, 'CSM-STATISTICS-INVALID'],
      ['a stage too few', [12], 'CSM-STATISTICS-INVALID'],
      ['more than there are', [31, 30], 'CSM-STATISTICS-INVALID'],
      ['others than all in a stage of all', [12, 29], 'CSM-STATISTICS-INVALID'],
      ['none in a stage of all', [12, null], 'CSM-STATISTICS-INVALID'],
      ['too few to train', [4, 30], 'CSM-COHORT-SMALL'],
    ] as const)('are refused with stage samples: %s', (_, stageSamples, code) => {
      expect(codeOf(sent(stageSamples))).toBe(code);
    });

    it('are refused with stage samples that nobody asked for', () => {
      const more = bytes({ ...cohort, stageSamples: [30] });
      expect(codeOf(() => readCohort(more, { contract: common, samples: 30 }))).toBe('CSM-STATISTICS-INVALID');
    });
  });

  it('fold to the features that all sites have, and the sums of what was not withheld', () => {
    const other = {
      ...cohort,
      features: ['G0', 'G2', 'G3'],
      classCounts: [null, 25, null],
      samples: { train: 31, validation: 0, test: 0 },
    };
    expect(foldCohort([cohort, other], common)).toEqual({
      ...state,
      features: ['G2', 'G3'],
      classCounts: [20, 35, 0],
      samples: 61,
    });
    expect(foldCohort([{ ...cohort, features: null }], listed).features).toEqual(['G2', 'G1', 'G3', 'G4', 'G5']);
  });

  it('without a common feature end the run with a code', () => {
    expect(codeOf(() => foldCohort([cohort, { ...cohort, features: ['X'] }], common))).toBe(
      'CSM-STATISTICS-NO-FEATURES',
    );
  });
});

describe('scale statistics', () => {
  const expected = { state, samples: 30, minimumCell: 5 };
  it('are read as sent and folded to mean and sample deviation', () => {
    expect(readScale(bytes(scale), expected)).toEqual(scale);
    const other = { ...scale, n: [10, 0], mean: [4, 0], m2: [18, 0] };
    const folded = scaledBy(poolMoments([scale, other], state), state).scale;
    // 30 and 10 values, 2 apart: M2 = 58 + 18 + 4·30·10/40 = 106.
    expect(folded?.mean).toEqual([2.5, 0]);
    expect(folded?.sd[0]).toBeCloseTo(Math.sqrt(106 / 39), 14);
    expect(folded?.sd[1]).toBe(0);
  });

  const faults: readonly (readonly [string, unknown, string])[] = [
    ['more values than signed samples', { ...scale, n: [31, 0] }, 'CSM-STATISTICS-INVALID'],
    ['values of one patient', { ...scale, n: [1, 0], m2: [0, 0] }, 'CSM-STATISTICS-CELL'],
    ['a negative M2', { ...scale, m2: [-1, 0] }, 'CSM-STATISTICS-INVALID'],
    ['a value that is no number', { ...scale, mean: [null, 0] }, 'CSM-STATISTICS-INVALID'],
    ['a feature too few', { ...scale, n: [30] }, 'CSM-STATISTICS-INVALID'],
    ['moments of a withheld feature', { ...scale, mean: [2, 3] }, 'CSM-STATISTICS-INVALID'],
  ];
  it.each(faults)('are refused with %s', (_, sent, code) => {
    expect(codeOf(() => readScale(bytes(sent), expected))).toBe(code);
  });

  it('are refused with numbers beyond float64', () => {
    const text = JSON.stringify(scale).replace('"mean":[2', '"mean":[1e999');
    expect(codeOf(() => readScale(Buffer.from(text), expected))).toBe('CSM-STATISTICS-INVALID');
  });
});

describe('the preparation state', () => {
  it('comes back from its bytes', () => {
    const scaled = scaledBy(poolMoments([scale], state), state);
    expect(readPreparation(encodePreparation(scaled))).toEqual(scaled);
  });

  it('is refused with a feature twice or lists of other lengths', () => {
    expect(codeOf(() => readPreparation(bytes({ ...state, features: ['G1', 'G1'] })))).toBe('CSM-STATISTICS-INVALID');
    expect(codeOf(() => readPreparation(bytes({ ...state, scale: { mean: [1], sd: [1, 1] } })))).toBe(
      'CSM-STATISTICS-INVALID',
    );
  });
});

it('any bytes give statistics or a coded error that repeats none of them', () => {
  const junk = fc.oneof(
    fc.uint8Array(),
    fc.json().map((text) => Buffer.from(text)),
    fc.anything().map((value) => bytes(value ?? null)),
  );
  fc.assert(
    fc.property(junk, (blob) => {
      for (const read of [
        () => readCohort(blob, { contract: common, samples: 30 }),
        () => readScale(blob, { state, samples: 30, minimumCell: 5 }),
        () => readPreparation(blob),
      ]) {
        expect(codeOf(read)).toMatch(/^CSM-|none/);
      }
    }),
  );
});

describe('suppressCells', () => {
  let next = 0;
  const cell = (samples: number, patients = samples) => ({
    samples,
    patients: new Set(Array.from({ length: patients }, () => next++)),
  });
  const cells = (...samples: number[]) => samples.map((count) => cell(count));

  it('withholds small cells, keeps zeros, and takes a second one where the total would give the first back', () => {
    expect(suppressCells(cells(20, 3, 2, 0), 5)).toEqual([20, null, null, 0]);
    expect(suppressCells(cells(20, 3, 9, 0), 5)).toEqual([20, null, null, 0]);
    expect(suppressCells(cells(20, 9, 0), 5)).toEqual([20, 9, 0]);
    expect(suppressCells(cells(3), 5)).toEqual([null]);
  });

  it('takes a third one where the total would give back two that are small together', () => {
    expect(suppressCells(cells(20, 1, 2, 9), 5)).toEqual([20, null, null, null]);
  });

  it('counts patients, not their samples', () => {
    expect(suppressCells([cell(9, 1), cell(9)], 5)).toEqual([null, null]);
  });

  it('never leaves a total less what is told that is about fewer patients than agreed', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 8 }), fc.integer({ min: 1, max: 6 }), (counts, minimum) => {
        const total = counts.reduce((sum, count) => sum + count, 0);
        const told = suppressCells(cells(...counts), minimum).reduce<number>((sum, count) => sum + (count ?? 0), 0);
        if (total >= minimum && told < total) expect(total - told).toBeGreaterThanOrEqual(minimum);
      }),
    );
  });
});
