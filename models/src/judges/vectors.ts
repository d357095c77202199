/** Rows of numbers to judge by: patients or cells, row-major [rows, width]. */
export interface Vectors {
  readonly rows: number;
  readonly width: number;
  readonly values: Float32Array;
}

export const rowOf = ({ values, width }: Vectors, row: number): Float32Array =>
  values.subarray(row * width, (row + 1) * width);

/** `Σ (a − b)²`. */
export function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index]! - b[index]!) ** 2;
  return sum;
}

/** A fault of the program where labels and rows do not belong together. */
export function checkLabels({ rows }: Vectors, labels: ArrayLike<number>, classes = Number.POSITIVE_INFINITY): void {
  if (labels.length !== rows) throw new RangeError(`${labels.length} labels for ${rows} rows`);
  for (let row = 0; row < rows; row++) {
    const label = labels[row]!;
    if (!(label >= 0 && label < classes)) throw new RangeError(`label ${label} of ${classes} classes`);
  }
}
