import { tf } from '../backend/index.js';
import type { Random } from '../layers/index.js';
import { symmetricEigen } from './symmetric-eigen.js';
import type { Vectors } from './vectors.js';

export interface PcaOptions {
  readonly training: Vectors;
  /** Directions to keep; all that the rows span where they are fewer. */
  readonly components: number;
  readonly random: Random;
  readonly signal?: AbortSignal;
}

export interface Pca {
  readonly width: number;
  /** [width] */
  readonly mean: Float32Array;
  /** Directions of length 1 by falling variance, row-major [variances.length, width]; each one's largest part is positive. */
  readonly directions: Float32Array;
  /** Variance along each direction, over rows − 1. */
  readonly variances: Float64Array;
}

/** Random directions beyond those asked for, and times that the spread is multiplied through: exact to float32 in practice. */
const oversampling = 10;
const powerIterations = 4;

/**
 * Principal components by a randomised range finder (Halko, Martinsson & Tropp 2011, algorithms 4.4 and 5.1): the products with the samples on
 * the backend in use, the small factors in float64. An abort throws the signal's reason.
 */
export async function fitPca({ training, components, random, signal }: PcaOptions): Promise<Pca> {
  const { rows, width, values } = training;
  if (rows < 2) throw new RangeError(`${rows} rows have no spread`);
  const rank = Math.min(components + oversampling, rows, width);
  const mean = columnMeans(training);
  const centred = tf.tidy(() => tf.tensor2d(values, [rows, width]).sub<tf.Tensor2D>(tf.tensor1d(mean)));
  const times = async (factor: Float64Array, transposed: boolean): Promise<Float64Array> => {
    signal?.throwIfAborted();
    const inner = transposed ? rows : width;
    const product = tf.tidy(() =>
      tf.matMul(centred, tf.tensor2d(Float32Array.from(factor), [inner, factor.length / inner]), transposed),
    );
    const read = await product.data();
    product.dispose();
    return Float64Array.from(read);
  };
  try {
    let range = await times(
      Float64Array.from({ length: width * rank }, () => random.normal()),
      false,
    );
    for (let iteration = 0; iteration < powerIterations; iteration++) {
      const across = orthonormal(await times(orthonormal(range, rows, rank), true), width, rank);
      range = await times(across, false);
    }
    const basis = orthonormal(range, rows, rank);
    // Bᵀ = XᵀQ, [width, rank]: its singular vectors are those of X within the range.
    const small = await times(basis, true);
    const { values: squares, vectors } = symmetricEigen(gram(small, width, rank), rank);
    const kept = Math.min(components, rank);
    const variances = Float64Array.from({ length: kept }, (_, index) => Math.max(0, squares[index]!) / (rows - 1));
    const directions = new Float32Array(kept * width);
    for (let index = 0; index < kept; index++) {
      directions.set(direction(small, vectors.subarray(index * rank, (index + 1) * rank), width), index * width);
    }
    return { width, mean, directions, variances };
  } finally {
    centred.dispose();
  }
}

/** Places of rows along the directions, row-major [rows, components]. */
export async function project({ width, mean, directions, variances }: Pca, vectors: Vectors): Promise<Vectors> {
  if (vectors.width !== width) throw new RangeError(`${vectors.width} columns, fitted on ${width}`);
  const components = variances.length;
  const places = tf.tidy(() =>
    tf.matMul(
      tf.tensor2d(vectors.values, [vectors.rows, width]).sub<tf.Tensor2D>(tf.tensor1d(mean)),
      tf.tensor2d(directions, [components, width]),
      false,
      true,
    ),
  );
  const values = Float32Array.from(await places.data());
  places.dispose();
  return { rows: vectors.rows, width: components, values };
}

function columnMeans({ rows, width, values }: Vectors): Float32Array {
  const sums = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) sums[column]! += values[row * width + column]!;
  }
  return Float32Array.from(sums, (sum) => sum / rows);
}

/** The columns made orthogonal and of length 1 (Gram–Schmidt, gone through twice against rounding); a column of nothing new becomes 0. */
function orthonormal(matrix: Float64Array, rows: number, columns: number): Float64Array {
  // By column in memory, since columns are what is gone through.
  const own = Array.from({ length: columns }, (_, column) =>
    Float64Array.from({ length: rows }, (_, row) => matrix[row * columns + column]!),
  );
  own.forEach((vector, column) => {
    const before = Math.sqrt(dot(vector, vector));
    for (let pass = 0; pass < 2; pass++) {
      for (let other = 0; other < column; other++) {
        const share = dot(vector, own[other]!);
        for (let row = 0; row < rows; row++) vector[row]! -= share * own[other]![row]!;
      }
    }
    const length = Math.sqrt(dot(vector, vector));
    const scale = length > before * negligible ? 1 / length : 0;
    for (let row = 0; row < rows; row++) vector[row]! *= scale;
  });
  const result = new Float64Array(rows * columns);
  own.forEach((vector, column) => {
    for (let row = 0; row < rows; row++) result[row * columns + column] = vector[row]!;
  });
  return result;
}

/** What float32 products leave of a column that lies among those before it. */
const negligible = 1e-6;

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}

/** `MᵀM` of a matrix [rows, columns]. */
function gram(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const product = new Float64Array(columns * columns);
  for (let row = 0; row < rows; row++) {
    const own = matrix.subarray(row * columns, (row + 1) * columns);
    for (let a = 0; a < columns; a++) {
      for (let b = a; b < columns; b++) product[a * columns + b]! += own[a]! * own[b]!;
    }
  }
  for (let a = 0; a < columns; a++) for (let b = 0; b < a; b++) product[a * columns + b] = product[b * columns + a]!;
  return product;
}

/** `M·v` brought to length 1, its largest part positive, so that the same samples give the same signs. */
function direction(matrix: Float64Array, vector: Float64Array, width: number): Float64Array {
  const result = Float64Array.from({ length: width }, (_, column) =>
    dot(matrix.subarray(column * vector.length, (column + 1) * vector.length), vector),
  );
  const largest = result.reduce((most, part) => (Math.abs(part) > Math.abs(most) ? part : most), 0);
  const length = Math.sqrt(dot(result, result)) * (largest < 0 ? -1 : 1);
  return length === 0 ? result : result.map((part) => part / length);
}
