import { fail } from '../errors/index.js';

/** What a model said about labelled samples. */
export interface Predictions {
  /** Index of the true class, one a row. */
  readonly y: ArrayLike<number>;
  /** Class probabilities, rows × classes, row-major; each row sums to 1. */
  readonly probabilities: ArrayLike<number>;
  readonly classes: number;
}

/** A row of float32 probabilities may miss 1 by rounding, never by this much. */
const sumTolerance = 1e-3;

/**
 * Refuses predictions that no metric could be true of. Empty ones are fine.
 * @throws CSM-METRICS-INPUT; the text names the fault, never a value.
 */
export function checkPredictions({ y, probabilities, classes }: Predictions): void {
  if (!Number.isInteger(classes) || classes < 2) fail('CSM-METRICS-INPUT', { problem: 'fewer than two classes' });
  if (probabilities.length !== y.length * classes) {
    fail('CSM-METRICS-INPUT', { problem: 'not one probability for each row and class' });
  }
  for (let row = 0; row < y.length; row++) {
    const label = y[row]!;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      fail('CSM-METRICS-INPUT', { problem: 'a label that is not the index of a class' });
    }
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      const p = probabilities[row * classes + c]!;
      if (!(p >= 0 && p <= 1 + sumTolerance)) {
        fail('CSM-METRICS-INPUT', { problem: 'a probability that is not a number from 0 to 1' });
      }
      sum += p;
    }
    if (Math.abs(sum - 1) > sumTolerance) {
      fail('CSM-METRICS-INPUT', { problem: 'probabilities of a row that do not sum to 1' });
    }
  }
}

/** The most probable class of each row; the lowest index of equals. */
export function mostProbable(probabilities: ArrayLike<number>, classes: number): Int32Array {
  const rows = probabilities.length / classes;
  const best = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    for (let c = 1; c < classes; c++) {
      if (probabilities[row * classes + c]! > probabilities[row * classes + best[row]!]!) best[row] = c;
    }
  }
  return best;
}

/** One class's column of the probabilities. */
export function scoresOf(probabilities: ArrayLike<number>, classes: number, index: number): Float64Array {
  return Float64Array.from(
    { length: probabilities.length / classes },
    (_, row) => probabilities[row * classes + index]!,
  );
}
