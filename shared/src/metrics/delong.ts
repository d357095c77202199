import { type Interval, normalQuantile95 } from './wilson.js';

/**
 * AUC with DeLong's 95 % interval (DeLong et al. 1988), cut at 0 and 1, by midranks (Sun and Xu 2014).
 * Null unless both sides have two samples, since a variance needs two.
 */
export function delong(
  scores: ArrayLike<number>,
  positive: (row: number) => boolean,
): { readonly auc: number; readonly variance: number; readonly interval: Interval } | null {
  const positives: number[] = [];
  const negatives: number[] = [];
  for (let row = 0; row < scores.length; row++) (positive(row) ? positives : negatives).push(scores[row]!);
  const m = positives.length;
  const n = negatives.length;
  if (m < 2 || n < 2) return null;
  const among = midranks([...positives, ...negatives]);
  const own = { positives: midranks(positives), negatives: midranks(negatives) };
  // A sample's placement: the share of the other side that it outranks.
  const placed = {
    positives: positives.map((_, i) => (among[i]! - own.positives[i]!) / n),
    negatives: negatives.map((_, j) => 1 - (among[m + j]! - own.negatives[j]!) / m),
  };
  const auc = placed.positives.reduce((sum, value) => sum + value, 0) / m;
  const variance = spread(placed.positives, auc) / m + spread(placed.negatives, auc) / n;
  const half = normalQuantile95 * Math.sqrt(variance);
  return {
    auc,
    variance,
    interval: { low: Math.max(0, auc - half), high: Math.min(1, auc + half), method: 'delong' },
  };
}

const spread = (values: readonly number[], mean: number): number =>
  values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);

/** Rank from 1 of each value, equals sharing their mean rank. */
function midranks(values: readonly number[]): readonly number[] {
  const order = values.map((_, index) => index).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Array<number>(values.length);
  for (let first = 0; first < order.length; ) {
    let last = first;
    while (last + 1 < order.length && values[order[last + 1]!] === values[order[first]!]) last++;
    for (let place = first; place <= last; place++) ranks[order[place]!] = (first + last) / 2 + 1;
    first = last + 1;
  }
  return ranks;
}
