import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Contract, contract, type PreparationName, readRunFile } from '../../contract/index.js';
import { CodedError } from '../../errors/index.js';
import {
  checkStatistics,
  combatModel,
  encodePreparation,
  featuresBefore,
  foldStatistics,
  imputedValues,
  type PreparationState,
  readPreparation,
} from '../index.js';

const termsOf = (preparation: string): Contract =>
  contract.parse({
    ...{ format: 'consilium-contract-1', consortium: 'c'.repeat(32), run: 'a'.repeat(32) },
    ...{ notAfter: '2026-01-01T00:00:00Z', files: {} },
    runFile: readRunFile(`name: demo
model: { family: some-family, classes: [A, B] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv } }
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
preparation: ${preparation}
`),
  });
const salt = 'A'.repeat(22);
const state: PreparationState = {
  ...{ format: 'consilium-preparation-1', features: ['G1', 'G2', 'G3'], classCounts: [10, 10], samples: 20 },
  scale: null,
};
const blobOf = (body: object, samples = 10) => ({ bytes: Buffer.from(JSON.stringify({ salt, ...body })), samples });
const codeOf = (call: () => unknown): string => {
  try {
    call();
    return 'none';
  } catch (thrown) {
    return thrown instanceof CodedError ? thrown.code : String(thrown);
  }
};

const momentsBlob = (n: number[], mean: number[], m2: number[]) => blobOf({ format: 'consilium-scale-1', n, mean, m2 });
const classesBlob = (n: number[][], mean: number[][], m2: number[][]) =>
  blobOf({ format: 'consilium-select-1', n, mean, m2 });

describe('select by anova', () => {
  const asked = { contract: termsOf('{ select: { anova: 2 } }'), state, pass: 1 };
  const good = [
    [
      [5, 5, 5],
      [5, 5, 5],
    ],
    [
      [1, 0, 2],
      [1.1, 4, 3],
    ],
    [
      [5, 5, 5],
      [5, 5, 5],
    ],
  ] as const satisfies readonly (readonly (readonly number[])[])[];
  const [n, mean, m2] = good.map((table) => table.map((row) => [...row])) as [number[][], number[][], number[][]];

  it('keeps the features with the highest F, in their order, and what there was before', () => {
    const chosen = foldStatistics('select', [classesBlob(n, mean, m2), classesBlob(n, mean, m2)], asked);
    expect(chosen.features).toEqual(['G2', 'G3']);
    // F of G2: means 0 and 4 of ten each, squares 10 within each class: (20 · 2²) / 1 over 20 / 18.
    expect(chosen.fitted).toEqual({
      select: { considered: ['G1', 'G2', 'G3'], scores: [expect.closeTo(72, 9), expect.closeTo(4.5, 9)] },
    });
    expect(readPreparation(encodePreparation(chosen))).toEqual(chosen);
    expect(featuresBefore(chosen)).toEqual(state.features);
    expect(featuresBefore(state)).toEqual(state.features);
  });

  it('leaves out of its scores what a site leaves out', () => {
    const thin = classesBlob([n[0]!, [0, 0, 0]], [mean[0]!, [0, 0, 0]], [m2[0]!, [0, 0, 0]]);
    expect(foldStatistics('select', [thin], asked).features).toEqual(['G1', 'G2']);
  });

  it.each([
    ['a small cell', [[5, 4, 5], n[1]!], mean, m2, 'CSM-STATISTICS-CELL'],
    ['moments without values', [[0, 5, 5], n[1]!], mean, m2, 'CSM-STATISTICS-INVALID'],
    ['more values than samples', [[5, 6, 5], n[1]!], mean, m2, 'CSM-STATISTICS-INVALID'],
    ['a class too few', [n[0]!], mean, m2, 'CSM-STATISTICS-INVALID'],
    ['a feature too few', [[5, 5], n[1]!], mean, m2, 'CSM-STATISTICS-INVALID'],
    ['negative squares', n, mean, [[-1, 5, 5], m2[1]!], 'CSM-STATISTICS-INVALID'],
  ])('refuses %s', (_, counts, means, squares, code) => {
    expect(codeOf(() => checkStatistics('select', classesBlob(counts, means, squares), asked))).toBe(code);
  });

  it('is not asked for by a run that selects nothing', () => {
    expect(codeOf(() => foldStatistics('select', [], { ...asked, contract: termsOf('{}') }))).toBe(
      'CSM-STATISTICS-INVALID',
    );
  });
});

describe('select by variance', () => {
  const group = (n: number[], mean: number[], m2: number[], more = {}) =>
    blobOf({ format: 'consilium-select-1', n: [n], mean: [mean], m2: [m2], ...more });

  it('takes the variance of the pooled samples, between the sites too', () => {
    const asked = { contract: termsOf('{ select: { variance: 1 } }'), state, pass: 1 };
    const sites = [group([10, 10, 10], [0, 0, 0], [30, 9, 9]), group([10, 10, 10], [0, 9, 0], [30, 9, 9])];
    const chosen = foldStatistics('select', sites, asked);
    expect(chosen.features).toEqual(['G2']);
    expect(chosen.fitted).toMatchObject({ select: { scores: [expect.closeTo((18 + 405) / 19, 9)] } });
  });

  describe('among features that are read often enough', () => {
    const contract = termsOf('{ select: { variance: 2, minimumShare: 0.5, above: 1 } }');
    const asked = { contract, state, pass: 1 };
    const known = [10, 10, 10];
    const counted = (above: number[], n = known) => group([10, 10, 10], [0, 0, 0], [30, 9, 12], { known: n, above });

    it('leaves the others aside, however much they vary', () => {
      expect(foldStatistics('select', [counted([0, 5, 10]), counted([5, 5, 5])], asked).features).toEqual(['G2', 'G3']);
      const none = () => foldStatistics('select', [counted([0, 0, 0])], asked);
      expect(codeOf(none)).toBe('CSM-STATISTICS-INVALID');
    });

    it.each([
      ['a small side', counted([4, 5, 5]), 'CSM-STATISTICS-CELL'],
      ['a small other side', counted([6, 5, 5]), 'CSM-STATISTICS-CELL'],
      ['more above than known', counted([10, 5, 5], [5, 10, 10]), 'CSM-STATISTICS-INVALID'],
      ['counts that are missing', group([10, 10, 10], [0, 0, 0], [30, 9, 12]), 'CSM-STATISTICS-INVALID'],
      ['a count too few', counted([5, 5]), 'CSM-STATISTICS-INVALID'],
    ])('refuses %s', (_, blob, code) => expect(codeOf(() => checkStatistics('select', blob, asked))).toBe(code));

    it('refuses counts that nobody asked for', () => {
      const plain = { ...asked, contract: termsOf('{ select: { variance: 2 } }') };
      expect(codeOf(() => checkStatistics('select', counted([5, 5, 5]), plain))).toBe('CSM-STATISTICS-INVALID');
    });
  });
});

describe('impute', () => {
  const moments = momentsBlob([10, 10, 0], [1, 2, 0], [90, 0, 0]);

  it('by the mean needs one pass', () => {
    const asked = { contract: termsOf('{ harmonise: siteZ }'), state, pass: 1 };
    expect(imputedValues(foldStatistics('impute', [moments, moments], asked))).toEqual([1, 2, 0]);
  });

  const contract = termsOf('{ impute: median }');
  const first = foldStatistics('impute', [moments], { contract, state, pass: 1 });
  const second = { contract, state: first, pass: 2 };
  const grid = (ends: number[][], counts: number[][]) => blobOf({ format: 'consilium-grid-1', ends, counts });

  it('by the median reads it from counts along the grid that the first pass has placed', () => {
    const sd = Math.sqrt(10);
    expect(first.fitted).toEqual({ impute: { mean: [1, 2, 0], sd: [expect.closeTo(sd, 12), 0, 0] } });
    const done = foldStatistics('impute', [grid([[32, 64], [64], [64]], [[5, 5], [10], [0]])], second);
    expect(imputedValues(done)).toEqual([1, 2, 0]);
    const low = foldStatistics('impute', [grid([[16, 64], [64], [64]], [[8, 0], [10], [0]])], second);
    expect(imputedValues(low)[0]).toBeCloseTo(1 - (1 - 8 / 32) * sd, 9);
    expect(codeOf(() => imputedValues(first))).toBe('CSM-STATISTICS-INVALID');
  });

  it.each([
    ['a small cell', [[32, 64], [64], [64]], [[4, 5], [10], [0]], 'CSM-STATISTICS-CELL'],
    ['more values than samples', [[32, 64], [64], [64]], [[6, 5], [10], [0]], 'CSM-STATISTICS-INVALID'],
    ['ranges that go back', [[32, 32, 64], [64], [64]], [[5, 0, 5], [10], [0]], 'CSM-STATISTICS-INVALID'],
    ['ranges that end early', [[32], [64], [64]], [[5], [10], [0]], 'CSM-STATISTICS-INVALID'],
    ['a count too few', [[32, 64], [64], [64]], [[5], [10], [0]], 'CSM-STATISTICS-INVALID'],
    ['a feature too few', [[32, 64], [64]], [[5, 5], [10]], 'CSM-STATISTICS-INVALID'],
  ])('refuses %s', (_, ends, counts, code) => {
    expect(codeOf(() => checkStatistics('impute', grid(ends, counts), second))).toBe(code);
  });
});

describe('combat', () => {
  const contract = termsOf('{ harmonise: combat }');
  const asked = { contract, state, pass: 1 };
  const sums = (own: number[], samples = 10) => blobOf({ format: 'consilium-combat-sums-1', sums: own }, samples);
  const squares = (own: number[], samples = 10) =>
    blobOf({ format: 'consilium-combat-squares-1', squares: own }, samples);
  const first = foldStatistics('combat', [sums([10, 0, 5]), sums([90, 30, 5], 30)], asked);

  it('finds the grand mean, then the pooled variance about the sites’ own means', () => {
    expect(first.fitted).toEqual({ combat: { grandMean: [2.5, 0.75, 0.25] } });
    const second = { ...asked, state: first, pass: 2 };
    const done = foldStatistics('combat', [squares([10, 20, 0]), squares([30, 60, 9], 30)], second);
    expect(combatModel(readPreparation(encodePreparation(done)))).toEqual({
      ...{ coefficients: [], grandMean: [2.5, 0.75, 0.25], variance: [1, 2, 0] },
    });
    expect(codeOf(() => combatModel(first))).toBe('CSM-STATISTICS-INVALID');
  });

  it('refuses sums of another length or of too few patients, squares below 0, and a pass out of turn', () => {
    expect(codeOf(() => checkStatistics('combat', sums([1, 2]), asked))).toBe('CSM-STATISTICS-INVALID');
    expect(codeOf(() => checkStatistics('combat', sums([1, 2, 3], 4), asked))).toBe('CSM-STATISTICS-CELL');
    const second = { ...asked, state: first, pass: 2 };
    expect(codeOf(() => checkStatistics('combat', squares([1, 2, -1]), second))).toBe('CSM-STATISTICS-INVALID');
    expect(codeOf(() => checkStatistics('combat', squares([1, 2]), second))).toBe('CSM-STATISTICS-INVALID');
    expect(codeOf(() => checkStatistics('combat', squares([1, 2, 3], 4), second))).toBe('CSM-STATISTICS-CELL');
    expect(codeOf(() => foldStatistics('combat', [squares([1, 2, 3])], { ...second, state }))).toBe(
      'CSM-STATISTICS-INVALID',
    );
  });
});

describe('a z-score within each site', () => {
  it('is nothing that a site could send', () => {
    const asked = { contract: termsOf('{ harmonise: siteZ }'), state, pass: 1 };
    expect(codeOf(() => foldStatistics('site-z', [], asked))).toBe('CSM-STATISTICS-INVALID');
  });
});

it('no step takes junk for statistics, or throws anything but a coded error', () => {
  const contract = termsOf('{ select: { anova: 2 }, impute: median, harmonise: combat }');
  const fitted = { impute: { mean: [0, 0, 0], sd: [1, 1, 1] }, combat: { grandMean: [0, 0, 0] } };
  const table = fc.array(fc.oneof(fc.array(fc.double()), fc.array(fc.nat(70)), fc.anything()), { maxLength: 4 });
  const format = fc.constantFrom('select-1', 'grid-1', 'combat-sums-1', 'combat-squares-1', 'scale-1');
  const junk = fc.record(
    {
      format: format.map((name) => `consilium-${name}`),
      salt: fc.constant(salt),
      ...{ n: table, mean: table, m2: table, ends: table, counts: table, sums: table, squares: table },
    },
    { requiredKeys: ['format', 'salt'] },
  );
  const steps: readonly (readonly [PreparationName, number])[] = [
    ...([
      ['select', 1],
      ['impute', 1],
      ['impute', 2],
      ['combat', 1],
      ['combat', 2],
    ] as const),
  ];
  fc.assert(
    fc.property(junk, fc.constantFrom(...steps), (body, [name, pass]) => {
      const { salt: _, ...rest } = body;
      const asked = { contract, state: { ...state, fitted }, pass };
      expect(codeOf(() => checkStatistics(name, blobOf(rest), asked))).toMatch(/^CSM-STATISTICS-|none/);
    }),
  );
});
