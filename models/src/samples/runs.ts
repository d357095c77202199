/** Entries of run `index`, from where each run starts. */
export function runLength(starts: Int32Array, index: number): number {
  const [start, end] = [starts[index], starts[index + 1]];
  if (start === undefined || end === undefined) throw new RangeError(`no row ${index}`);
  return end - start;
}

/** Where runs of these lengths start when they lie one after the other; the last number is where they end. */
export function startsOf(lengths: readonly number[]): Int32Array {
  const starts = new Int32Array(lengths.length + 1);
  lengths.forEach((length, index) => {
    starts[index + 1] = (starts[index] ?? 0) + length;
  });
  return starts;
}
