import { fail } from '../errors/index.js';

/**
 * ComBat over sites (Johnson, Li and Rabinovic 2007, Biostatistics 8:118): each site is a batch, and each gene is modelled as
 * covariates · β + location and scale of its batch. This file holds what the sites fit together, in two rounds of sums;
 * what a site fits alone is in combat-batch.ts.
 */

/** Samples × columns, row by row; no value missing. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: ArrayLike<number>;
}

/** First round: XᵀX and XᵀY of one site, X being a column of ones (its own batch) and then its covariates. */
export interface CombatSums {
  readonly n: number;
  /** [1 + covariates][1 + covariates] */
  readonly xtx: readonly (readonly number[])[];
  /** [1 + covariates][genes] */
  readonly xty: readonly (readonly number[])[];
}

/** What all sites share after the first round. */
export interface CombatMean {
  /** [covariates][genes]; empty without covariates. */
  readonly coefficients: readonly (readonly number[])[];
  /** [genes]: the batches' intercepts, weighted by their samples. */
  readonly grandMean: readonly number[];
}

/** What all sites share after the second round. */
export interface CombatModel extends CombatMean {
  /** [genes]; 0 marks a gene that ComBat leaves as it is. */
  readonly variance: readonly number[];
}

/** A site's sums for the first round. @param y samples × genes; `covariates` samples × covariates, or null */
export function combatSums(y: Matrix, covariates: Matrix | null): CombatSums {
  const design = (row: number): readonly number[] => [1, ...rowOf(covariates, row)];
  const width = 1 + (covariates?.columns ?? 0);
  const xtx = Array.from({ length: width }, () => new Array<number>(width).fill(0));
  const xty = Array.from({ length: width }, () => new Array<number>(y.columns).fill(0));
  for (let row = 0; row < y.rows; row++) {
    const x = design(row);
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) xtx[i]![j]! += x[i]! * x[j]!;
      const sums = xty[i]!;
      for (let gene = 0; gene < y.columns; gene++) sums[gene]! += x[i]! * y.values[row * y.columns + gene]!;
    }
  }
  return { n: y.rows, xtx, xty };
}

/**
 * Ordinary least squares over all sites, from their sums. The batches are eliminated first (Frisch and Waugh 1933), so the system
 * that is left is of the covariates alone: without any, a mean is all there is to do.
 * @throws CSM-STATISTICS-SINGULAR when a covariate is constant within every site, or follows from the others
 */
export function solveCombat(sites: readonly CombatSums[]): CombatMean {
  const width = (sites[0]?.xtx.length ?? 1) - 1;
  const genes = sites[0]?.xty[0]?.length ?? 0;
  const normal = Array.from({ length: width }, () => new Array<number>(width).fill(0));
  const scale = new Array<number>(width).fill(0);
  const right = Array.from({ length: width }, () => new Array<number>(genes).fill(0));
  for (const { n, xtx, xty } of sites) {
    for (let i = 0; i < width; i++) {
      const mean = xtx[0]![i + 1]! / n;
      scale[i]! += xtx[i + 1]![i + 1]!;
      for (let j = 0; j < width; j++) normal[i]![j]! += xtx[i + 1]![j + 1]! - mean * xtx[0]![j + 1]!;
      for (let gene = 0; gene < genes; gene++) right[i]![gene]! += xty[i + 1]![gene]! - mean * xty[0]![gene]!;
    }
  }
  const coefficients = solved(normal, right, scale);
  const total = sites.reduce((sum, { n }) => sum + n, 0);
  const grandMean = new Array<number>(genes).fill(0);
  for (const site of sites) {
    const intercepts = batchIntercepts(site, coefficients);
    for (let gene = 0; gene < genes; gene++) grandMean[gene]! += (site.n / total) * intercepts[gene]!;
  }
  return { coefficients, grandMean };
}

/** A batch's own coefficients, [genes]: what its sums leave once the covariates are taken off. They stay at the site. */
export function batchIntercepts(
  { n, xtx, xty }: CombatSums,
  coefficients: CombatMean['coefficients'],
): readonly number[] {
  return xty[0]!.map((sum, gene) =>
    coefficients.reduce((left, beta, i) => left - (xtx[0]![i + 1]! / n) * beta[gene]!, sum / n),
  );
}

/**
 * A site's answer in the second round: residual sum of squares of each gene, [genes].
 * 0 for a gene that is constant to float32 once covariates and batch are taken off.
 */
export function residualSquares(
  y: Matrix,
  covariates: Matrix | null,
  coefficients: CombatMean['coefficients'],
): readonly number[] {
  const intercepts = batchIntercepts(combatSums(y, covariates), coefficients);
  const squares = new Array<number>(y.columns).fill(0);
  for (let row = 0; row < y.rows; row++) {
    const own = rowOf(covariates, row);
    for (let gene = 0; gene < y.columns; gene++) {
      const fitted = own.reduce((sum, value, i) => sum + value * coefficients[i]![gene]!, intercepts[gene]!);
      squares[gene]! += (y.values[row * y.columns + gene]! - fitted) ** 2;
    }
  }
  return squares.map((sum, gene) => (sum <= y.rows * (intercepts[gene]! * float32Step) ** 2 ? 0 : sum));
}

/**
 * Pooled variance of each gene, RSS / N. 0, so that the gene passes through unchanged everywhere, where a site's own is 0: a gene
 * without variance in one batch (never detected there, mostly) has no scale to be brought to.
 * @param residuals `residualSquares` of each site; `samples` of all sites together
 */
export function pooledVariance(residuals: readonly (readonly number[])[], samples: number): readonly number[] {
  return (residuals[0] ?? []).map((_, gene) =>
    residuals.some((site) => site[gene] === 0) ? 0 : residuals.reduce((sum, site) => sum + site[gene]!, 0) / samples,
  );
}

/** The values of one row; none without a matrix. */
export const rowOf = (matrix: Matrix | null, row: number): readonly number[] =>
  matrix === null
    ? []
    : Array.from({ length: matrix.columns }, (_, column) => matrix.values[row * matrix.columns + column]!);

/** Solves A · X = B by Cholesky. @param scale what each pivot is measured by: the column's sum of squares before elimination */
function solved(
  a: readonly (readonly number[])[],
  b: readonly (readonly number[])[],
  scale: readonly number[],
): readonly (readonly number[])[] {
  const width = a.length;
  const lower = a.map((row) => row.map(() => 0));
  for (let i = 0; i < width; i++) {
    for (let j = 0; j <= i; j++) {
      let left = a[i]![j]!;
      for (let k = 0; k < j; k++) left -= lower[i]![k]! * lower[j]![k]!;
      if (i !== j) lower[i]![j] = left / lower[j]![j]!;
      else if (left > pivotShare * scale[i]!) lower[i]![i] = Math.sqrt(left);
      else fail('CSM-STATISTICS-SINGULAR', { covariate: i + 1 });
    }
  }
  const x = b.map((row) => [...row]);
  const eliminate = (i: number, j: number, factor: number): void => {
    for (let gene = 0; gene < x[i]!.length; gene++) x[i]![gene]! -= factor * x[j]![gene]!;
  };
  const divide = (i: number): void => {
    for (let gene = 0; gene < x[i]!.length; gene++) x[i]![gene]! /= lower[i]![i]!;
  };
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < i; j++) eliminate(i, j, lower[i]![j]!);
    divide(i);
  }
  for (let i = width - 1; i >= 0; i--) {
    for (let j = i + 1; j < width; j++) eliminate(i, j, lower[j]![i]!);
    divide(i);
  }
  return x;
}

/** A covariate of which less than this share is its own counts as following from batches and other covariates. */
const pivotShare = 1e-10;

/** Float32 resolves no smaller share of a value. */
const float32Step = 2 ** -23;
