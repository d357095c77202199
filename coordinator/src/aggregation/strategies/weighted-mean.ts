import type { Contribution, Means, OpenTile, Pass, Survey } from './strategy.js';

export interface MeanSettings {
  readonly clipNorm?: number;
  readonly maximumShare?: number;
}

/** The weighted mean of the updates, tile by tile, for strategies that stand on it. */
export interface WeightedMean {
  readonly survey?: Survey;
  /** What each site counts in the moving averages, which nothing shortens. */
  counts(): readonly number[];
  open(): void;
  add: Pass['add'];
  /** Float64 values of base + Σ cᵢ (wᵢ − base). The base is not looked at where nothing is shortened. */
  mean(base: OpenTile['base']): Sums;
  /** Float64 values of Σ cᵢ (wᵢ − base). */
  direction(base: OpenTile['base']): Sums;
}

interface Sums {
  readonly values: Float64Array;
  store(into: Float32Array): void;
}

/**
 * Site i counts cᵢ = sᵢ · min(1, C / ‖wᵢ − base‖): sᵢ its share of the samples, C the run file's `clipNorm`. The norm is over all
 * that the site sent, like that of `normBound`. An update that is not longer than C is left as it is, and a round in which none
 * is has the very bits of a mean without `clipNorm`.
 */
export function weightedMean(
  { clipNorm, maximumShare = 1 }: MeanSettings,
  contributions: readonly Contribution[],
  { kernel, tileElements }: Means,
): WeightedMean {
  const shares = sharesOf(contributions, maximumShare);
  const sums = kernel.accumulator(tileElements);
  const squares = contributions.map(() => 0);
  let weights: readonly number[] | undefined;
  let total = 1;
  /** Fixed once the survey is over. */
  function settled(): readonly number[] {
    if (weights !== undefined) return weights;
    const factors = squares.map((square) => shortening(square, clipNorm));
    weights = shares.map((share, index) => share * factors[index]!);
    if (factors.some((factor) => factor < 1)) total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights;
  }
  return {
    ...(clipNorm !== undefined && { survey: norms(squares, kernel) }),
    counts: () => (maximumShare < 1 ? shares : contributions.map(({ samples }) => samples)),
    open: () => sums.clear(),
    add: (index, values) => sums.add(values, settled()[index]!),
    mean(base) {
      if (total < 1) sums.add(base, 1 - total);
      return { values: sums.sums, store: sums.store };
    },
    direction(base) {
      sums.add(base, -total);
      return { values: sums.sums, store: sums.store };
    },
  };
}

const shortening = (square: number, clipNorm: number | undefined): number => {
  if (clipNorm === undefined) return 1;
  const norm = Math.sqrt(square);
  return norm > clipNorm ? clipNorm / norm : 1;
};

/** Adds up Σ (wᵢ − base)² of every update. */
function norms(squares: number[], { differenceSquares }: Means['kernel']): Survey {
  let start: Float32Array = new Float32Array();
  return {
    readsBase: true,
    open: (base) => {
      start = base;
    },
    add: (index, values) => {
      squares[index]! += differenceSquares(values, start);
      return [values];
    },
    close: () => {},
  };
}

/**
 * Each site's share of the samples, at most `most`; what a capped one loses goes to the others by their samples. Where even
 * equal shares are above `most`, all are equal.
 */
export function sharesOf(contributions: readonly Pick<Contribution, 'samples'>[], most = 1): readonly number[] {
  const total = contributions.reduce((sum, { samples }) => sum + samples, 0);
  if (!(total > 0)) throw new RangeError('fold: no training sample stands behind the updates');
  const shares = contributions.map(({ samples }) => samples / total);
  if (most * contributions.length <= 1) return shares.map(() => 1 / contributions.length);
  const capped = new Set<number>();
  for (;;) {
    const free = contributions.reduce((sum, { samples }, index) => (capped.has(index) ? sum : sum + samples), 0);
    const left = 1 - most * capped.size;
    const share = (index: number) => (capped.has(index) ? most : (contributions[index]!.samples / free) * left);
    const above = contributions.flatMap((_, index) => (!capped.has(index) && share(index) > most ? [index] : []));
    if (above.length === 0) return capped.size === 0 ? shares : contributions.map((_, index) => share(index));
    for (const index of above) capped.add(index);
  }
}
