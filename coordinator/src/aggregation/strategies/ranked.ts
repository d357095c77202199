import { middleOf } from '../kernels/index.js';
import type { Pass, Strategy } from './strategy.js';

/**
 * A pass that makes each value of the model from what all sites sent for it, in ascending order: sample counts mean nothing to it,
 * and moving averages are folded like any other values (of variances none of which is below 0, none below 0 comes).
 */
const rankedPass = (sites: number, fold: (rows: readonly Float32Array[], into: Float32Array) => void): Pass => {
  const rows: Float32Array[] = new Array(sites);
  return {
    readsBase: false,
    keeps: [],
    counts: () => null,
    open: () => {},
    add: (index, values) => {
      rows[index] = values;
      return [];
    },
    close: (into) => fold(rows, into),
  };
};

/** Whole numbers from `first` up to but without `end`. */
export const between = (first: number, end: number): readonly number[] =>
  Array.from({ length: Math.max(0, end - first) }, (_, index) => first + index);

/**
 * The median of every value over the sites, each counting the same; of an even number the mean of the two in the middle
 * (Yin et al. 2018, Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates, option I).
 */
export const median: Strategy<object> = (_, { length: sites }, { kernel }) => {
  const sorter = kernel.sorter(sites, middleOf(sites));
  return rankedPass(sites, (rows, into) => sorter.median(rows, into));
};

/**
 * The mean of every value over the sites without the f least and the f greatest, each site counting the same
 * (Yin et al. 2018, option II, with a count in place of a share).
 */
export const trimmedMean: Strategy<{ readonly faulty: number }> = ({ faulty }, { length: sites }, means) => {
  const ranks = between(faulty, sites - faulty);
  if (ranks.length === 0) throw new RangeError(`fold: nothing is left of ${sites} sites without ${2 * faulty}`);
  const sorter = means.kernel.sorter(sites, ranks);
  const sums = new Float64Array(means.tileElements);
  return rankedPass(sites, (rows, into) =>
    sorter.sort(rows, (ranked, begin, end) => meanOf(ranked, ranks, sums, into.subarray(begin, end))),
  );
};

/** Writes the mean over some ranks, added in ascending order in float64. */
function meanOf(
  ranked: readonly Float32Array[],
  ranks: readonly number[],
  sums: Float64Array,
  values: Float32Array,
): void {
  sums.fill(-0, 0, values.length);
  for (const rank of ranks) {
    const row = ranked[rank]!;
    for (let i = 0; i < values.length; i++) sums[i]! += row[i]!;
  }
  for (let i = 0; i < values.length; i++) values[i] = sums[i]! / ranks.length;
}
