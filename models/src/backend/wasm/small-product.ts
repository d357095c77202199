/** A matrix that lies anywhere in an array: value (i, j) is at `at + i · rowStride + j · columnStride`. */
export interface Strided {
  readonly values: Float32Array;
  readonly at: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/**
 * out [m, n], row-major from `at`, = a [m, k] · b [k, n], transposed or not by their strides. Each value is summed in
 * double precision, in the order of the inner axis; four columns go at a time, for twice the speed.
 */
export function smallProduct(
  a: Strided,
  b: Strided,
  out: Float32Array,
  at: number,
  m: number,
  k: number,
  n: number,
): void {
  const { values: left, columnStride: leftStep } = a;
  const { values: right, rowStride: rightStep, columnStride: step } = b;
  for (let i = 0; i < m; i++) {
    const row = a.at + i * a.rowStride;
    const write = at + i * n;
    let j = 0;
    for (; j + 4 <= n; j += 4) {
      let sum0 = 0;
      let sum1 = 0;
      let sum2 = 0;
      let sum3 = 0;
      for (let p = 0, x = row, y = b.at + j * step; p < k; p++, x += leftStep, y += rightStep) {
        const factor = left[x]!;
        sum0 += factor * right[y]!;
        sum1 += factor * right[y + step]!;
        sum2 += factor * right[y + 2 * step]!;
        sum3 += factor * right[y + 3 * step]!;
      }
      out[write + j] = sum0;
      out[write + j + 1] = sum1;
      out[write + j + 2] = sum2;
      out[write + j + 3] = sum3;
    }
    for (; j < n; j++) {
      let sum = 0;
      for (let p = 0, x = row, y = b.at + j * step; p < k; p++, x += leftStep, y += rightStep) {
        sum += left[x]! * right[y]!;
      }
      out[write + j] = sum;
    }
  }
}
