import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodedError } from '../errors/index.js';
import fixture from './combat.fixture.json' with { type: 'json' };
import {
  batchIntercepts,
  type CombatModel,
  combatSums,
  type Matrix,
  pooledVariance,
  residualSquares,
  solveCombat,
} from './combat.js';
import { adjust, type CombatOptions, combatLocal } from './combat-batch.js';

interface Site {
  readonly y: Matrix;
  readonly covariates: Matrix | null;
}

const matrix = (rows: readonly (readonly number[])[]): Matrix => ({
  rows: rows.length,
  columns: rows[0]?.length ?? 0,
  values: Float64Array.from(rows.flat()),
});

/** Both rounds, as sites and coordinator do them. */
function federate(sites: readonly Site[]): CombatModel {
  const mean = solveCombat(sites.map(({ y, covariates }) => combatSums(y, covariates)));
  const residuals = sites.map(({ y, covariates }) => residualSquares(y, covariates, mean.coefficients));
  const samples = sites.reduce((sum, { y }) => sum + y.rows, 0);
  return { ...mean, variance: pooledVariance(residuals, samples) };
}

function harmonised({ y, covariates }: Site, model: CombatModel, options: CombatOptions) {
  const batch = combatLocal(y, covariates, model, options);
  const values = new Float64Array(y.rows * y.columns);
  adjust(y, covariates, { model, batch }, values);
  return { batch, values };
}

const { dataGenesBySamples: genes, batch, covariate } = fixture;
const sitesOf = (withCovariate: boolean): readonly Site[] =>
  [0, 1].map((site) => {
    const own = batch.flatMap((of, sample) => (of === site ? [sample] : []));
    return {
      y: matrix(own.map((sample) => genes.map((gene) => gene[sample]!))),
      covariates: withCovariate ? matrix(own.map((sample) => [covariate[sample]!])) : null,
    };
  });

/** The samples of a site's adjusted values, as the worked example lists them: genes × samples. */
const samplesOf = (adjusted: readonly (readonly number[])[], site: number): readonly number[] =>
  batch.flatMap((of, sample) => (of === site ? adjusted.map((gene) => gene[sample]!) : []));

function expectClose(found: ArrayLike<number>, expected: readonly number[], tolerance = 1e-8): void {
  expect(found.length).toBe(expected.length);
  for (const [index, value] of expected.entries()) expect(Math.abs(found[index]! - value)).toBeLessThan(tolerance);
}

describe.each([
  ['no covariate', fixture.noCovariate, false, {}],
  ['a covariate', fixture.withCovariate, true, {}],
  ['a coarse tolerance', fixture.noCovariateTol1e4, false, { tolerance: 1e-4 }],
  ['no empirical Bayes', fixture.noEmpiricalBayes, false, { empiricalBayes: false }],
  ['the mean alone', fixture.meanOnly, false, { meanOnly: true }],
] as const)('ComBat over two sites with %s', (_, worked, withCovariate, options) => {
  const sites = sitesOf(withCovariate);
  const model = federate(sites);

  it('solves what the pooled samples give', () => {
    const [first, second, ...coefficients] = worked.beta;
    expectClose(batchIntercepts(combatSums(sites[0]!.y, sites[0]!.covariates), model.coefficients), first!);
    expectClose(batchIntercepts(combatSums(sites[1]!.y, sites[1]!.covariates), model.coefficients), second!);
    expectClose(model.coefficients.flat(), coefficients.flat());
    expectClose(model.grandMean, worked.grandMean);
    expectClose(model.variance, worked.pooledVar);
  });

  it('fits and takes off each site’s own effects', () => {
    for (const [site, given] of sites.entries()) {
      const { batch: fitted, values } = harmonised(given, model, options);
      expectClose(fitted.gamma, worked.gammaStar[site]!);
      expectClose(fitted.delta, worked.deltaStar[site]!);
      expectClose(values, samplesOf(worked.adjusted, site));
      expect(fitted.iterations).toBe(worked.iterations[site] ?? 0);
    }
  });
});

it('ComBat’s sums and residuals are those of the worked federation', () => {
  const sites = sitesOf(true);
  const { coefficients } = federate(sites);
  for (const [site, given] of sites.entries()) {
    const { n, XtX, XtY, residualSumOfSquares } = fixture.federated.perSite[site]!;
    // The worked sums have a row and a column for the other site too, of zeros.
    const sums = combatSums(given.y, given.covariates);
    expect(sums.n).toBe(n);
    expect(sums.xtx).toEqual([site, 2].map((i) => [site, 2].map((j) => XtX[i]![j]!)));
    for (const [index, row] of [site, 2].entries()) expectClose(sums.xty[index]!, XtY[row]!, 1e-9);
    expectClose(residualSquares(given.y, given.covariates, coefficients), residualSumOfSquares);
  }
});

/** Least squares on the pooled rows with a column for each batch, by elimination. */
function pooledFit(sites: readonly Site[]): {
  readonly beta: readonly (readonly number[])[];
  readonly variance: number[];
} {
  const rows = sites.flatMap(({ y, covariates }, site) =>
    Array.from({ length: y.rows }, (_, row) => ({
      x: [
        ...sites.map((__, other) => (other === site ? 1 : 0)),
        ...Array.from(
          { length: covariates?.columns ?? 0 },
          (__, i) => covariates!.values[row * covariates!.columns + i]!,
        ),
      ],
      y: Array.from({ length: y.columns }, (__, gene) => y.values[row * y.columns + gene]!),
    })),
  );
  const width = rows[0]!.x.length;
  const system = Array.from({ length: width }, (_, i) => [
    ...Array.from({ length: width }, (__, j) => rows.reduce((sum, { x }) => sum + x[i]! * x[j]!, 0)),
    ...rows[0]!.y.map((__, gene) => rows.reduce((sum, { x, y }) => sum + x[i]! * y[gene]!, 0)),
  ]);
  for (let i = 0; i < width; i++) {
    const pivot = system[i]!.map((value) => value / system[i]![i]!);
    for (let j = 0; j < width; j++) {
      const factor = j === i ? 0 : system[j]![i]!;
      system[j] = j === i ? pivot : system[j]!.map((value, k) => value - factor * pivot[k]!);
    }
  }
  const beta = system.map((row) => row.slice(width));
  const variance = rows[0]!.y.map(
    (_, gene) =>
      rows.reduce(
        (sum, { x, y }) => sum + (y[gene]! - x.reduce((fit, value, i) => fit + value * beta[i]![gene]!, 0)) ** 2,
        0,
      ) / rows.length,
  );
  return { beta, variance };
}

describe('federated ComBat', () => {
  const value = fc.integer({ min: -48, max: 48 }).map((sixteenths) => sixteenths / 16);
  const siteOf = (columns: number, width: number) =>
    fc.integer({ min: 4, max: 9 }).chain((n) =>
      fc.record({
        y: fc.array(fc.array(value, { minLength: columns, maxLength: columns }), { minLength: n, maxLength: n }),
        c: fc.array(fc.array(value, { minLength: width, maxLength: width }), { minLength: n, maxLength: n }),
        shift: value,
      }),
    );
  const consortium = fc
    .record({ columns: fc.integer({ min: 2, max: 5 }), width: fc.nat(2) })
    .chain(({ columns, width }) => fc.array(siteOf(columns, width), { minLength: 2, maxLength: 4 }))
    .map((sites) =>
      sites.map(({ y, c, shift }) => ({
        y: matrix(y.map((row) => row.map((entry) => 8 + shift + entry))),
        covariates: c[0]!.length > 0 ? matrix(c) : null,
      })),
    );

  it('equals the pooled fit to 1e-6, whatever the sites', () => {
    fc.assert(
      fc.property(consortium, (sites) => {
        const model = solvable(() => federate(sites));
        fc.pre(model !== null);
        const pooled = pooledFit(sites);
        const total = sites.reduce((sum, { y }) => sum + y.rows, 0);
        const grand = model.grandMean.map((_, gene) =>
          sites.reduce((sum, { y }, site) => sum + (y.rows / total) * pooled.beta[site]![gene]!, 0),
        );
        expectClose(model.coefficients.flat(), pooled.beta.slice(sites.length).flat(), 1e-6);
        expectClose(model.grandMean, grand, 1e-6);
        const shown = pooled.variance.map((variance, gene) => (model.variance[gene] === 0 ? 0 : variance));
        expectClose(model.variance, shown, 1e-6);
      }),
    );
  });

  it('brings every site to one location and scale where the batch is all there is', () => {
    fc.assert(
      fc.property(consortium, (sites) => {
        const bare = sites.map(({ y }) => ({ y, covariates: null }));
        const model = federate(bare);
        for (const site of bare) {
          const { values } = harmonised(site, model, { empiricalBayes: false });
          for (let gene = 0; gene < site.y.columns; gene++) {
            if (!(model.variance[gene]! > 1e-6)) continue;
            const own = Array.from({ length: site.y.rows }, (_, row) => values[row * site.y.columns + gene]!);
            expect(own.reduce((sum, entry) => sum + entry, 0) / own.length).toBeCloseTo(model.grandMean[gene]!, 6);
          }
        }
      }),
    );
  });

  it('leaves a gene alone that does not vary at one of the sites', () => {
    const quiet = {
      y: matrix([
        [0.1, 3],
        [0.1, 4],
        [0.1, 5.5],
      ]),
      covariates: null,
    };
    const loud = {
      y: matrix([
        [2, 6],
        [3, 7.5],
        [4, 7],
      ]),
      covariates: null,
    };
    const model = federate([quiet, loud]);
    expect(model.variance[0]).toBe(0);
    expect(model.variance[1]).toBeGreaterThan(0);
    const { batch: fitted, values } = harmonised(loud, model, {});
    expect([values[0], values[2], values[4]]).toEqual([2, 3, 4]);
    expect(fitted.gamma[0]).toBe(0);
    expect(values[1]).not.toBe(6);
  });

  it('fits a new site from a calibration sample, with a gene that does not vary there', () => {
    const model = federate(sitesOf(false));
    const calibration = matrix([
      [6, 1.2, 9, 4, 6],
      [6, 1.9, 11, 5, 7],
      [6, 1.5, 10, 4.4, 6.2],
    ]);
    for (const empiricalBayes of [true, false]) {
      const { batch: fitted, values } = harmonised({ y: calibration, covariates: null }, model, { empiricalBayes });
      expect([...fitted.delta].every((delta) => delta > 0)).toBe(true);
      expect([...values].every(Number.isFinite)).toBe(true);
    }
  });

  it('stays finite where genes give their prior no spread', () => {
    const twin = (rows: readonly number[]) => ({ y: matrix(rows.map((entry) => [entry, entry])), covariates: null });
    const sites = [twin([1, 2, 3]), twin([5, 7, 9])];
    const model = federate(sites);
    const { batch: fitted, values } = harmonised(sites[0]!, model, {});
    expect([...fitted.gamma, ...fitted.delta, ...values].every(Number.isFinite)).toBe(true);
    expect(fitted.gamma[0]).toBe(fitted.gamma[1]);
  });

  it('refuses a covariate that follows from the site, one that follows from others, and a single sample', () => {
    const y = matrix([[1], [2], [4]]);
    const confounded = [0, 1].map((site) => ({ y, covariates: matrix([[site], [site], [site]]) }));
    expect(codeOf(() => federate(confounded))).toBe('CSM-STATISTICS-SINGULAR');
    const doubled = [0, 1].map(() => ({
      y,
      covariates: matrix([
        [1, 2],
        [2, 4],
        [4, 8],
      ]),
    }));
    expect(codeOf(() => federate(doubled))).toBe('CSM-STATISTICS-SINGULAR');
    const model = federate(sitesOf(false));
    expect(codeOf(() => combatLocal(matrix([[1, 2, 3, 4, 5]]), null, model))).toBe('CSM-COHORT-SMALL');
  });
});

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof CodedError) return thrown.code;
    throw thrown;
  }
  return 'none';
}

/** Drawn covariates may be constant: then there is nothing to compare. */
function solvable<T>(action: () => T): T | null {
  try {
    return action();
  } catch (thrown) {
    if (thrown instanceof CodedError && thrown.code === 'CSM-STATISTICS-SINGULAR') return null;
    throw thrown;
  }
}
