export interface Eigen {
  /** By falling value. */
  readonly values: Float64Array;
  /** Of length 1, in the order of the values, row-major [size, size]. */
  readonly vectors: Float64Array;
}

/** Relative size of what is left beside the diagonal when it is done. */
const tolerance = 1e-14;
const maxSweeps = 60;

/** Eigenvalues and eigenvectors of a symmetric matrix [size, size] by cyclic Jacobi rotations (Golub & Van Loan, section 8.5). */
export function symmetricEigen(matrix: Float64Array, size: number): Eigen {
  const a = matrix.slice();
  const vectors = new Float64Array(size * size);
  for (let index = 0; index < size; index++) vectors[index * size + index] = 1;
  const norm = Math.sqrt(a.reduce((sum, value) => sum + value * value, 0));
  for (let sweep = 0; sweep < maxSweeps && beside(a, size) > tolerance * norm; sweep++) {
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(a, vectors, size, p, q);
  }
  const order = Array.from({ length: size }, (_, index) => index).sort((x, y) => a[y * size + y]! - a[x * size + x]!);
  const sorted = new Float64Array(size * size);
  order.forEach((index, place) => {
    sorted.set(vectors.subarray(index * size, (index + 1) * size), place * size);
  });
  return { values: Float64Array.from(order, (index) => a[index * size + index]!), vectors: sorted };
}

/** Root of the sum of squares beside the diagonal. */
function beside(a: Float64Array, size: number): number {
  let sum = 0;
  for (let row = 0; row < size; row++) {
    for (let column = row + 1; column < size; column++) sum += 2 * a[row * size + column]! ** 2;
  }
  return Math.sqrt(sum);
}

/** Turns the plane of p and q so that their common entry becomes 0. Rows of `vectors` are the eigenvectors. */
function rotate(a: Float64Array, vectors: Float64Array, size: number, p: number, q: number): void {
  const common = a[p * size + q]!;
  if (common === 0) return;
  const ratio = (a[q * size + q]! - a[p * size + p]!) / (2 * common);
  const tangent = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.sqrt(1 + ratio * ratio));
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  const sine = tangent * cosine;
  turnRows(a, size, p, q, cosine, sine);
  for (let row = 0; row < size; row++) {
    const atP = a[row * size + p]!;
    const atQ = a[row * size + q]!;
    a[row * size + p] = cosine * atP - sine * atQ;
    a[row * size + q] = sine * atP + cosine * atQ;
  }
  turnRows(vectors, size, p, q, cosine, sine);
}

function turnRows(matrix: Float64Array, size: number, p: number, q: number, cosine: number, sine: number): void {
  for (let column = 0; column < size; column++) {
    const atP = matrix[p * size + column]!;
    const atQ = matrix[q * size + column]!;
    matrix[p * size + column] = cosine * atP - sine * atQ;
    matrix[q * size + column] = sine * atP + cosine * atQ;
  }
}
