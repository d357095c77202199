/**
 * Average precision at k of each row as a query among all other rows, ranked by cosine similarity, equal ones by index. A row is relevant
 * that has the query's label: `Σᵣ precision(r)·relevant(r) / min(k, relevant rows)` over the first k ranks. NaN where no other row is relevant.
 * Its mean over the rows that are not NaN is mAP@k.
 * @param embeddings row-major [labels.length, width]; a row of zeros is as far from every row as one at a right angle
 */
export function averagePrecisionAtK(
  embeddings: Float32Array,
  width: number,
  labels: ArrayLike<number>,
  k: number,
): Float32Array {
  const rows = labels.length;
  if (embeddings.length !== rows * width)
    throw new RangeError(`${embeddings.length} values for ${rows} rows of ${width}`);
  const lengths = Float64Array.from({ length: rows }, (_, row) => Math.sqrt(product(embeddings, width, row, row)));
  const similarities = new Float64Array(rows);
  return Float32Array.from({ length: rows }, (_, query) => {
    let relevant = 0;
    for (let row = 0; row < rows; row++) {
      const scale = lengths[query]! * lengths[row]!;
      similarities[row] = scale === 0 ? 0 : product(embeddings, width, query, row) / scale;
      if (row !== query && labels[row] === labels[query]) relevant += 1;
    }
    if (relevant === 0) return Number.NaN;
    let found = 0;
    let sum = 0;
    nearest(similarities, query, k).forEach((row, rank) => {
      if (labels[row] !== labels[query]) return;
      found += 1;
      sum += found / (rank + 1);
    });
    return sum / Math.min(k, relevant);
  });
}

/** The k rows most similar to the query, itself left out, most similar first. */
function nearest(similarities: Float64Array, query: number, k: number): readonly number[] {
  const first: number[] = [];
  for (let row = 0; row < similarities.length; row++) {
    if (row === query) continue;
    const place = first.findIndex((other) => similarities[row]! > similarities[other]!);
    if (place >= 0) first.splice(place, 0, row);
    else if (first.length < k) first.push(row);
    if (first.length > k) first.pop();
  }
  return first;
}

function product(values: Float32Array, width: number, first: number, second: number): number {
  let sum = 0;
  for (let column = 0; column < width; column++)
    sum += values[first * width + column]! * values[second * width + column]!;
  return sum;
}
