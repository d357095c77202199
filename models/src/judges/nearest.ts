import { checkLabels, rowOf, squaredDistance, type Vectors } from './vectors.js';

export interface NearestOptions {
  readonly training: Vectors;
  /** Class of each training row. */
  readonly labels: Int32Array;
  readonly classes: number;
  readonly judged: Vectors;
  /** How many neighbours vote; all training rows where they are fewer. */
  readonly k: number;
}

/**
 * k nearest neighbours by Euclidean distance, each with one vote: the share of votes of each class, row-major [judged.rows, classes].
 * Of equally near rows the earlier one votes.
 */
export function nearest({ training, labels, classes, judged, k }: NearestOptions): Float32Array {
  checkLabels(training, labels, classes);
  if (training.width !== judged.width) throw new RangeError(`${judged.width} columns, trained on ${training.width}`);
  const votes = Math.min(k, training.rows);
  const probabilities = new Float32Array(judged.rows * classes);
  for (let row = 0; row < judged.rows; row++) {
    const vector = rowOf(judged, row);
    for (const neighbour of nearestRows(training, vector, votes)) {
      probabilities[row * classes + labels[neighbour]!]! += 1 / votes;
    }
  }
  return probabilities;
}

/** The k rows nearest to a vector, nearest first. */
function nearestRows(vectors: Vectors, vector: Float32Array, k: number): readonly number[] {
  const found: { readonly row: number; readonly distance: number }[] = [];
  for (let row = 0; row < vectors.rows; row++) {
    const distance = squaredDistance(rowOf(vectors, row), vector);
    const place = found.findIndex((other) => distance < other.distance);
    if (place >= 0) found.splice(place, 0, { row, distance });
    else if (found.length < k) found.push({ row, distance });
    if (found.length > k) found.pop();
  }
  return found.map(({ row }) => row);
}
