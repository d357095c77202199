/**
 * How much each token is looked at: the mean of attention weights over heads and queries, [tokens], in all 1. `weights` is row-major
 * [heads, query, key] of one input; the tokens of an image lie row by row, so the result is a map of it.
 */
export function attentionMap(weights: Float32Array, tokens: number): Float32Array {
  const rows = weights.length / tokens;
  if (!Number.isInteger(rows / tokens) || rows === 0) {
    throw new RangeError(`${weights.length} weights are not heads of ${tokens} × ${tokens}`);
  }
  const sums = new Float64Array(tokens);
  weights.forEach((weight, index) => {
    sums[index % tokens]! += weight;
  });
  return Float32Array.from(sums, (sum) => sum / rows);
}
