import { fail } from '../errors/index.js';
import { batchIntercepts, type CombatModel, combatSums, type Matrix, residualSquares, rowOf } from './combat.js';
import { momentsOf, sampleDeviation } from './moments.js';

/** How far a batch's standardised values lie from 0 and how wide they are, gene by gene. It stays at the site. */
export interface CombatBatch {
  /** Additive effect γ, [genes], in units of the gene's pooled standard deviation. */
  readonly gamma: Float64Array;
  /** Multiplicative effect δ, [genes], as a variance. */
  readonly delta: Float64Array;
  /** Steps of the posterior's iteration; 0 where there was none. */
  readonly iterations: number;
}

export interface CombatOptions {
  /** Shrink each gene's effects toward those of all genes; false: take the batch's own mean and variance. */
  readonly empiricalBayes?: boolean;
  /** Move the location only. */
  readonly meanOnly?: boolean;
  /** The iteration ends when no effect changes by a larger share. */
  readonly tolerance?: number;
}

/**
 * What ComBat fits at a site alone, on its training samples (or, at a new site, on a calibration sample).
 * @throws CSM-COHORT-SMALL for fewer than two samples
 */
export function combatLocal(
  y: Matrix,
  covariates: Matrix | null,
  model: CombatModel,
  { empiricalBayes = true, meanOnly = false, tolerance = 1e-12 }: CombatOptions = {},
): CombatBatch {
  if (y.rows < 2) fail('CSM-COHORT-SMALL', { minimum: 2 });
  const genes = model.variance.flatMap((variance, gene) => (variance > 0 ? [gene] : []));
  const gamma = new Float64Array(y.columns);
  const delta = new Float64Array(y.columns).fill(1);
  const own = standardised(y, covariates, model, genes);
  if (meanOnly) own.delta.fill(1);
  // One gene has no others to borrow strength from.
  const shrunk = empiricalBayes && genes.length > 1 ? posterior(own, y.rows, { meanOnly, tolerance }) : own;
  for (const [index, gene] of genes.entries()) {
    gamma[gene] = shrunk.gamma[index]!;
    // A variance of 0 cannot be brought to 1: location only.
    delta[gene] = shrunk.delta[index]! > 0 ? shrunk.delta[index]! : 1;
  }
  return { gamma, delta, iterations: shrunk.iterations };
}

/**
 * Takes a batch's effects off its samples: σ (Z − γ) / √δ + what the covariates and the grand mean say.
 * Genes without pooled variance stay as they are.
 * @param into [rows × genes], may be the array that `y` lies in
 */
export function adjust(
  y: Matrix,
  covariates: Matrix | null,
  { model, batch }: { readonly model: CombatModel; readonly batch: CombatBatch },
  into: Float32Array | Float64Array,
): void {
  const { coefficients, grandMean, variance } = model;
  const shift = batch.gamma.map((gamma, gene) => gamma * Math.sqrt(variance[gene]!));
  const width = batch.delta.map(Math.sqrt);
  for (let row = 0; row < y.rows; row++) {
    const own = rowOf(covariates, row);
    for (let gene = 0; gene < y.columns; gene++) {
      const at = row * y.columns + gene;
      const value = y.values[at]!;
      const expected = own.reduce((sum, x, i) => sum + x * coefficients[i]![gene]!, grandMean[gene]!);
      into[at] = variance[gene]! > 0 ? (value - expected - shift[gene]!) / width[gene]! + expected : value;
    }
  }
}

/** γ̂ and δ̂ of the genes named: mean and variance (n − 1) of the batch's standardised values. */
function standardised(
  y: Matrix,
  covariates: Matrix | null,
  { coefficients, grandMean, variance }: CombatModel,
  genes: readonly number[],
): CombatBatch {
  const intercepts = batchIntercepts(combatSums(y, covariates), coefficients);
  const squares = residualSquares(y, covariates, coefficients);
  return {
    gamma: Float64Array.from(genes, (gene) => (intercepts[gene]! - grandMean[gene]!) / Math.sqrt(variance[gene]!)),
    delta: Float64Array.from(genes, (gene) => squares[gene]! / (y.rows - 1) / variance[gene]!),
    iterations: 0,
  };
}

/**
 * Posterior means of γ (normal prior) and δ (inverse gamma prior), the priors' parameters by moments over the genes.
 * Σ (Z − γ)² follows from γ̂ and δ̂, so no sample is looked at again.
 */
function posterior(
  own: CombatBatch,
  n: number,
  { meanOnly, tolerance }: { readonly meanOnly: boolean; readonly tolerance: number },
): CombatBatch {
  const location = momentsOf(own.gamma);
  const spread = momentsOf(own.delta);
  const tau2 = location.m2 / (location.n - 1);
  const spread2 = spread.m2 / (spread.n - 1);
  // Where all genes spread alike the inverse gamma narrows to a point.
  const point = sampleDeviation(spread) === 0;
  const shape = (2 * spread2 + spread.mean ** 2) / spread2;
  const rate = (spread.mean * spread2 + spread.mean ** 3) / spread2;
  const gamma = own.gamma.slice();
  const delta = own.delta.slice();
  let iterations = 0;
  for (let change = Infinity; change > tolerance && iterations < iterationLimit; iterations++) {
    change = 0;
    for (let gene = 0; gene < gamma.length; gene++) {
      const [gammaHat, deltaHat] = [own.gamma[gene]!, own.delta[gene]!];
      const [gammaBefore, deltaBefore] = [gamma[gene]!, delta[gene]!];
      gamma[gene] = shrink(gammaHat, { n, tau2, delta: deltaBefore, centre: location.mean });
      const squares = (n - 1) * deltaHat + n * (gammaHat - gamma[gene]!) ** 2;
      if (!meanOnly) delta[gene] = point ? spread.mean : (squares / 2 + rate) / (n / 2 + shape - 1);
      change = Math.max(change, share(gamma[gene]!, gammaBefore), share(delta[gene]!, deltaBefore));
    }
    if (meanOnly) return { gamma, delta, iterations: 1 };
  }
  return { gamma, delta, iterations };
}

/** Posterior mean of a location under a normal prior; the batch's own mean where prior and data are both points. */
function shrink(
  mean: number,
  prior: { readonly n: number; readonly tau2: number; readonly delta: number; readonly centre: number },
): number {
  const { n, tau2, delta, centre } = prior;
  const precision = tau2 * n + delta;
  return precision > 0 ? (tau2 * n * mean + delta * centre) / precision : mean;
}

/** By what share of its old size a value has changed. */
const share = (now: number, before: number): number => (now === before ? 0 : Math.abs((now - before) / before));

/** Far more steps than the posterior ever takes: a bound, should rounding keep a value from settling. */
const iterationLimit = 1000;
