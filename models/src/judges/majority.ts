/**
 * What predicting without looking gives: every row gets the class shares of the training labels, whose largest is the majority class.
 * Row-major [rows, classes].
 */
export function majority(labels: Int32Array, classes: number, rows: number): Float32Array {
  const shares = new Float64Array(classes);
  for (const label of labels) shares[label]! += 1 / labels.length;
  const probabilities = new Float32Array(rows * classes);
  for (let row = 0; row < rows; row++) probabilities.set(shares, row * classes);
  return probabilities;
}
