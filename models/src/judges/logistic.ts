import { type Minimum, minimise } from './minimise.js';
import { checkLabels, type Vectors } from './vectors.js';

export interface LogisticOptions {
  readonly training: Vectors;
  readonly labels: Int32Array;
  readonly classes: number;
  /** Inverse strength of the ridge penalty, against the summed loss. */
  readonly c?: number;
  /** Whether every class weighs alike: rows of class k count rows / (classes that occur · rows of k). */
  readonly balanced?: boolean;
  readonly maxIterations?: number;
  readonly tolerance?: number;
  readonly signal?: AbortSignal;
}

export interface LogisticModel extends Pick<Minimum, 'iterations' | 'converged'> {
  readonly classes: number;
  readonly width: number;
  /** Row-major [classes, width + 1]; the last column holds the intercepts. */
  readonly weights: Float64Array;
}

/**
 * Multinomial logistic regression: least `Σ wᵢ·−ln softmax(xᵢW + b)[yᵢ] + ‖W‖² / 2C`, b free of the penalty, by L-BFGS from zero. Columns are
 * taken as they are. The scale is that of the mean loss, so that the tolerance does not depend on the rows (as scikit-learn's does).
 * An abort throws the signal's reason.
 */
export async function fitLogistic({
  training,
  labels,
  classes,
  c = 1,
  balanced = false,
  maxIterations = 10_000,
  tolerance = 1e-4,
  signal,
}: LogisticOptions): Promise<LogisticModel> {
  checkLabels(training, labels, classes);
  const { rows, width } = training;
  if (rows === 0) throw new RangeError('no rows to learn from');
  const weightOf = rowWeights(labels, classes, balanced);
  const penalty = 1 / (c * rows);
  const residuals = new Float64Array(rows * classes);
  const stride = width + 1;

  const at = (weights: Float64Array, gradient: Float64Array): number => {
    scores(training, weights, classes, residuals);
    let loss = 0;
    for (let row = 0; row < rows; row++) {
      const own = residuals.subarray(row * classes, (row + 1) * classes);
      const label = labels[row]!;
      const weight = weightOf(label) / rows;
      loss -= weight * Math.min(0, toLogProbabilities(own)[label]!);
      for (let index = 0; index < classes; index++) {
        own[index] = weight * (Math.exp(own[index]!) - (index === label ? 1 : 0));
      }
    }
    gradient.fill(0);
    let ridge = 0;
    for (let index = 0; index < classes; index++) {
      const own = gradient.subarray(index * stride, (index + 1) * stride);
      for (let row = 0; row < rows; row++) addRow(own, training, row, residuals[row * classes + index]!);
      for (let column = 0; column < width; column++) {
        const coefficient = weights[index * stride + column]!;
        own[column]! += penalty * coefficient;
        ridge += coefficient ** 2;
      }
    }
    return loss + (penalty / 2) * ridge;
  };

  const start = new Float64Array(classes * stride);
  const { point, iterations, converged } = await minimise({ at }, start, { maxIterations, tolerance, signal });
  return { classes, width, weights: point, iterations, converged };
}

/** Class probabilities, row-major [rows, classes]. */
export function logisticProbabilities({ classes, width, weights }: LogisticModel, judged: Vectors): Float32Array {
  if (judged.width !== width) throw new RangeError(`${judged.width} columns, trained on ${width}`);
  const values = new Float64Array(judged.rows * classes);
  scores(judged, weights, classes, values);
  for (let row = 0; row < judged.rows; row++) toLogProbabilities(values.subarray(row * classes, (row + 1) * classes));
  return Float32Array.from(values, Math.exp);
}

function rowWeights(labels: Int32Array, classes: number, balanced: boolean): (label: number) => number {
  if (!balanced) return () => 1;
  const counts = new Int32Array(classes);
  for (const label of labels) counts[label]! += 1;
  const present = counts.filter((count) => count > 0).length;
  return (label) => labels.length / (present * counts[label]!);
}

/** `xW + b` of every row, into [rows, classes]. */
function scores(vectors: Vectors, weights: Float64Array, classes: number, into: Float64Array): void {
  const stride = vectors.width + 1;
  for (let index = 0; index < classes; index++) {
    const own = weights.subarray(index * stride, (index + 1) * stride);
    for (let row = 0; row < vectors.rows; row++) into[row * classes + index] = alongRow(own, vectors, row);
  }
}

/** A class's score of a row: the products of its columns, and the intercept. */
function alongRow(weights: Float64Array, { width, values }: Vectors, row: number): number {
  let sum = weights[width]!;
  for (let column = 0, at = row * width; column < width; column++, at++) sum += weights[column]! * values[at]!;
  return sum;
}

/** Adds a row's columns, and 1 for the intercept, times a share. */
function addRow(to: Float64Array, { width, values }: Vectors, row: number, share: number): void {
  for (let column = 0, at = row * width; column < width; column++, at++) to[column]! += share * values[at]!;
  to[width]! += share;
}

/** Takes `ln Σ exp` off, in place. */
function toLogProbabilities(own: Float64Array): Float64Array {
  let largest = Number.NEGATIVE_INFINITY;
  for (const score of own) largest = Math.max(largest, score);
  let sum = 0;
  for (const score of own) sum += Math.exp(score - largest);
  const total = largest + Math.log(sum);
  for (let index = 0; index < own.length; index++) own[index]! -= total;
  return own;
}
