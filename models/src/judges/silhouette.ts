import { checkLabels, rowOf, squaredDistance, type Vectors } from './vectors.js';

/**
 * Mean silhouette of a grouping (Rousseeuw 1987), Euclidean: `(b − a) / max(a, b)`, a the mean distance to the others of the own group, b that
 * to the nearest other group; 0 for a row alone in its group. From −1 to 1; NaN with fewer than two groups. Every pair of rows is looked at.
 */
export function silhouette(vectors: Vectors, labels: ArrayLike<number>): number {
  checkLabels(vectors, labels);
  const { rows } = vectors;
  const groups = [...new Set(Array.from(labels))];
  if (groups.length < 2) return Number.NaN;
  const groupOf = Int32Array.from({ length: rows }, (_, row) => groups.indexOf(labels[row]!));
  const sizes = new Int32Array(groups.length);
  for (const group of groupOf) sizes[group]! += 1;

  const sums = new Float64Array(rows * groups.length);
  for (let row = 0; row < rows; row++) {
    const vector = rowOf(vectors, row);
    for (let other = row + 1; other < rows; other++) {
      const distance = Math.sqrt(squaredDistance(vector, rowOf(vectors, other)));
      sums[row * groups.length + groupOf[other]!]! += distance;
      sums[other * groups.length + groupOf[row]!]! += distance;
    }
  }
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const own = groupOf[row]!;
    if (sizes[own] === 1) continue;
    const within = sums[row * groups.length + own]! / (sizes[own]! - 1);
    let beside = Number.POSITIVE_INFINITY;
    for (let group = 0; group < groups.length; group++) {
      if (group !== own) beside = Math.min(beside, sums[row * groups.length + group]! / sizes[group]!);
    }
    const larger = Math.max(within, beside);
    if (larger > 0) total += (beside - within) / larger;
  }
  return total / rows;
}
