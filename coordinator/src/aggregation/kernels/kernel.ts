import type { Sorter } from './sorting.js';

/**
 * The arithmetic of aggregation. Every kernel gives the same bits: it adds, subtracts and multiplies in float64,
 * rounding each once, and rounds to float32 when it stores.
 */
export interface Kernel {
  readonly name: 'wasm' | 'js';
  /** Float64 sums for up to `elements` values, in memory of the kernel's own. */
  accumulator(elements: number): Accumulator;
  /**
   * Σ (update[i] − base[i])² in float64: finite exactly when every value of both is finite, since no sum of float32
   * differences overflows a float64. Summed by blocks of `blockElements`, each in eight partial sums by i mod 8.
   */
  differenceSquares(update: Float32Array, base: Float32Array): number;
  /**
   * The same in less time: squares of 32 values at a time are added in float32, these sums in float64. `nearSquares` says where
   * that is near enough.
   */
  roughSquares(update: Float32Array, base: Float32Array): number;
  /** Sorts columns of `rows` values, as far as these ranks need it. Of −0 and 0 either may come first, the same by every kernel. */
  sorter(rows: number, ranks: readonly number[]): Sorter;
}

export interface Accumulator {
  /** Largest number of values it holds. */
  readonly elements: number;
  /** The sums themselves, in float64, of all that was added before they are asked for; what stands behind `elements` means nothing. */
  readonly sums: Float64Array;
  /** Forgets all: every sum is −0, to which adding any value gives that value. */
  clear(): void;
  /**
   * sums[i] += weight · values[i].
   * @returns which arrays it never looks at again; the others stay as they are until the sums are asked for, stored or cleared
   */
  add(values: Float32Array, weight: number): readonly Float32Array[];
  /** into[i] = sums[i], rounded to float32. */
  store(into: Float32Array): void;
}

/** Below it, squares may be lost that are too small for float32. */
const leastRoughSquares = 2 ** -80;

/**
 * Σ (update[i] − base[i])² to within a millionth of itself, for up to 2³⁰ values: finite exactly when every value of both is.
 * What float32 cannot hold is summed in float64.
 */
export function nearSquares(kernel: Kernel, update: Float32Array, base: Float32Array): number {
  const squares = kernel.roughSquares(update, base);
  return squares >= leastRoughSquares && squares < Infinity ? squares : kernel.differenceSquares(update, base);
}

/** Values that a kernel takes at once (64 KiB of float32: stays in the fast caches). */
export const blockElements = 2 ** 14;

/** Calls `visit` with [begin, end) of each block of `length` values. */
export function eachBlock(length: number, visit: (begin: number, end: number) => void): void {
  for (let begin = 0; begin < length; begin += blockElements) visit(begin, Math.min(begin + blockElements, length));
}

/** Values go with values: a mistake here would silently give a wrong model. */
export function demandLength(
  length: number,
  expected: { readonly atMost: number } | { readonly exactly: number },
): void {
  const fits = 'atMost' in expected ? length <= expected.atMost : length === expected.exactly;
  if (!fits) throw new RangeError(`kernel: ${length} values do not fit ${JSON.stringify(expected)}`);
}
