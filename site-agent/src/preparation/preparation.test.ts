import { asRows, labelled } from '@consilium/models/samples';
import { type Contract, contract, type RunFile, readRunFile } from '@consilium/shared/contract';
import { CodedError } from '@consilium/shared/errors';
import {
  foldCohort,
  type PreparationState,
  poolMoments,
  readCohort,
  readScale,
  scaledBy,
} from '@consilium/shared/statistics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dataset, Part } from '../data/index.js';
import { applyPreparation, cohortStatistics, prepare } from './index.js';

const run = readRunFile(`name: demo
model: { family: attention-aml, classes: [A, B] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv } }
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
`);
const terms: Contract = contract.parse({
  format: 'consilium-contract-1',
  consortium: 'c'.repeat(32),
  run: 'a'.repeat(32),
  notAfter: '2026-01-01T00:00:00Z',
  files: {},
  runFile: run,
});
const salt = 'A'.repeat(22);

function part(rows: readonly (readonly number[])[], patients?: readonly number[], width = 0): Part {
  return {
    ...labelled(
      { kind: 'rows', rows: rows.length, width: rows[0]?.length ?? width, values: Float32Array.from(rows.flat()) },
      Int32Array.from(rows, (_, row) => row % 2),
    ),
    ...(patients && { patients: Int32Array.from(patients) }),
  };
}

function dataset(features: readonly string[], parts: Partial<Dataset['parts']>): Dataset {
  const none = part([], [], features.length);
  const all = { train: none, validation: none, test: none, ...parts };
  const kept = all.train.rows + all.validation.rows + all.test.rows;
  return {
    features,
    classes: ['A', 'B'],
    parts: all,
    ids: { train: [], validation: [], test: [] },
    counts: { read: kept, kept, otherLabel: 0, quarantined: 0, missingFeatures: 0 },
    quarantine: [],
  };
}

/** Both passes over sites, as coordinator and sites do them. */
function federate(sites: readonly Dataset[]): PreparationState {
  const cohorts = sites.map((site) =>
    readCohort(prepare('cohort', { dataset: site, contract: terms, state: null, pass: 1, salt }), {
      contract: terms,
      samples: site.parts.train.rows,
    }),
  );
  const state = foldCohort(cohorts, terms);
  const scales = sites.map((site) =>
    readScale(prepare('scale', { dataset: site, contract: terms, state, pass: 1, salt }), {
      state,
      samples: site.parts.train.rows,
      minimumCell: terms.runFile.validation.minimumCell,
    }),
  );
  return scaledBy(poolMoments(scales, state), state);
}

const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof CodedError) return thrown.code;
    throw thrown;
  }
  return 'none';
};

describe('federated scaling', () => {
  it('gives mean and sample deviation of the pooled training rows, whoever holds them', () => {
    const value = fc.double({ min: -50, max: 5000, noNaN: true });
    const site = fc.array(fc.tuple(value, value), { minLength: 10, maxLength: 30 });
    fc.assert(
      fc.property(fc.array(site, { minLength: 1, maxLength: 4 }), (sites) => {
        const { scale } = federate(sites.map((rows) => dataset(['G1', 'G2'], { train: part(rows) })));
        const pooled = sites.flat();
        for (const feature of [0, 1]) {
          const column = pooled.map((row) => Math.fround(row[feature]!));
          const mean = column.reduce((sum, x) => sum + x, 0) / column.length;
          const sd = Math.sqrt(column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (column.length - 1));
          expect(Math.abs((scale?.mean[feature] ?? Number.NaN) - mean)).toBeLessThan(1e-9);
          if (sd > 1e-3) expect(Math.abs((scale?.sd[feature] ?? Number.NaN) - sd)).toBeLessThan(1e-9);
        }
      }),
    );
  });

  it('never looks at validation or test rows', () => {
    const train = part([...Array(10)].map((_, row) => [row]));
    const far = part([...Array(10)].map(() => [1e6]));
    expect(federate([dataset(['G1'], { train, validation: far, test: far })]).scale).toEqual(
      federate([dataset(['G1'], { train })]).scale,
    );
  });

  it('leaves out a feature that is known of too few patients, counting patients and not samples', () => {
    const rows = [...Array(10)].map((_, row) => [row, row < 4 ? row : Number.NaN, row]);
    const patients = [0, 1, 2, 3, 4, 5, 6, 7, 8, 8];
    const few = dataset(['G1', 'G2', 'G3'], { train: part(rows, patients) });
    expect(federate([few]).scale?.sd.map((sd) => sd > 0)).toEqual([true, false, true]);
    const same = dataset(['G1', 'G2', 'G3'], {
      train: part(
        rows.map(() => [1, 2, 3]),
        patients.map((patient) => patient % 4),
      ),
    });
    const state = { ...foldCohort([cohortStatistics(same, terms, salt)], terms) };
    const blob: unknown = JSON.parse(
      Buffer.from(prepare('scale', { dataset: same, contract: terms, state, pass: 1, salt })).toString(),
    );
    expect(blob).toMatchObject({ n: [0, 0, 0] });
  });

  it('is not asked for before the cohort is known', () => {
    expect(
      codeOf(() => prepare('scale', { dataset: dataset(['G1'], {}), contract: terms, state: null, pass: 1, salt })),
    ).toBe('CSM-STATISTICS-INVALID');
  });
});

describe('cohort statistics', () => {
  it('withhold counts about few patients, and the totals that would give them back', () => {
    const rows = (count: number) => part([...Array(count)].map(() => [1]));
    const statistics = cohortStatistics(
      dataset(['G1'], { train: rows(20), validation: rows(3), test: rows(6) }),
      terms,
      salt,
    );
    expect(statistics.samples).toEqual({ train: 20, validation: null, test: 6 });
    expect(statistics.classCounts).toEqual([10, 10]);
    expect(statistics.counts).toEqual({ read: null, kept: null, otherLabel: 0, quarantined: 0 });
  });

  it('tell the features only where the contract does not list them', () => {
    const listed = { ...terms, runFile: { ...run, data: { ...run.data, features: ['G1'] } } };
    const site = dataset(['G1'], { train: part([...Array(10)].map(() => [1])) });
    expect(cohortStatistics(site, terms, salt).features).toEqual(['G1']);
    expect(cohortStatistics(site, listed, salt).features).toBeNull();
  });
});

describe('applyPreparation', () => {
  const state: PreparationState = {
    format: 'consilium-preparation-1',
    features: ['G2', 'G1'],
    classCounts: [5, 5],
    samples: 10,
    scale: { mean: [10, 1], sd: [2, 0] },
  };
  const settings: RunFile['preparation'] = { impute: 'mean', scale: 'federated', clip: 3 };
  const runWith = (preparation: RunFile['preparation']): RunFile => ({ ...run, preparation });
  const site = dataset(['G1', 'other', 'G2'], {
    train: part([
      [1, 7, 12],
      [5, 7, Number.NaN],
      [1, 7, 1000],
    ]),
    test: part([[Number.NaN, 7, -1000]]),
  });

  it('orders, scales and clips; missing values and features without spread become 0', () => {
    const { features, parts } = applyPreparation(site, state, runWith(settings));
    expect(features).toEqual(['G2', 'G1']);
    expect([...asRows(parts.train.input).values]).toEqual([1, 0, 0, 0, 3, 0]);
    expect([...asRows(parts.test.input).values]).toEqual([-3, 0]);
    expect(parts.train.y).toBe(site.parts.train.y);
  });

  it('without scaling fills missing values with the mean over all sites, or 0', () => {
    const plain = (impute: 'mean' | 'zero') =>
      applyPreparation(site, state, runWith({ ...settings, scale: 'none', impute }));
    expect([...asRows(plain('mean').parts.train.input).values]).toEqual([12, 1, 10, 5, 1000, 1]);
    expect([...asRows(plain('zero').parts.test.input).values]).toEqual([-1000, 0]);
  });

  it('divides by the deviation alone where zero is to stay zero', () => {
    const unit = (impute: 'mean' | 'zero') =>
      applyPreparation(site, state, runWith({ ...settings, scale: 'unit', clip: 10, impute }));
    expect([...asRows(unit('mean').parts.train.input).values]).toEqual([6, 0, 5, 0, 10, 0]);
    expect([...asRows(unit('zero').parts.train.input).values]).toEqual([6, 0, 0, 0, 10, 0]);
  });

  it('treats a sparse matrix as the dense one that it stands for, and leaves it sparse where nothing is taken off', () => {
    const sparse = labelled(
      {
        ...({ kind: 'sparse', rows: 2, width: 3, starts: Int32Array.of(0, 2, 3) } as const),
        ...{ columns: Int32Array.of(2, 0, 0), values: Float32Array.of(12, 1, 5) },
      },
      Int32Array.of(0, 1),
    );
    const cells = dataset(['G1', 'other', 'G2'], { train: sparse });
    const scaled = applyPreparation(cells, state, runWith(settings)).parts.train.input;
    expect(scaled).toEqual({ kind: 'rows', rows: 2, width: 2, values: Float32Array.of(1, 0, -3, 0) });
    const plain = applyPreparation(cells, state, runWith({ ...settings, scale: 'none' })).parts.train.input;
    expect(plain).toMatchObject({ kind: 'sparse', width: 2, columns: Int32Array.of(0, 1, 1) });
    const unit = applyPreparation(cells, state, runWith({ ...settings, scale: 'unit', clip: 100 })).parts.train.input;
    expect(unit).toMatchObject({ kind: 'sparse', width: 2, values: Float32Array.of(6, 0, 0) });
  });

  it('refuses a cohort that lost a feature of the run', () => {
    expect(codeOf(() => applyPreparation(dataset(['G1'], {}), state, runWith(settings)))).toBe('CSM-DATA-CHANGED');
  });
});
