/**
 * Uniform numbers in [0, 1) with 23 bits of resolution, as TensorFlow's `StatelessRandomUniform` draws them from a pair of
 * seeds: the same numbers here, in the native library and in the wasm kernel.
 * Generator: Philox-4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011); each block of a 128-bit counter
 * gives four numbers, so any part of a row can be drawn without the rest.
 *
 * @param seeds two integers in [0, 2³¹)
 */
export function philoxUniform(count: number, seeds: readonly [number, number]): Float32Array {
  const values = new Float32Array(count);
  eachPhiloxWord(count, seeds, (index, word) => {
    values[index] = (word & mantissaMask) / philoxSteps;
  });
  return values;
}

/** How many values a number can take. */
export const philoxSteps = 2 ** 23;
const mantissaMask = philoxSteps - 1;

/** Of the `philoxSteps` values that a number can take, how many mean that dropout drops the element: the lowest. */
export const dropoutThreshold = (rate: number): number => Math.round(rate * philoxSteps);

/** Hands on the random 32-bit words one by one, as signed integers. */
export function eachPhiloxWord(
  count: number,
  seeds: readonly [number, number],
  take: (index: number, word: number) => void,
): void {
  const { key, counter } = philoxStart(seeds);
  const block = new Int32Array(4);
  for (let index = 0; index < count; index += 4) {
    const number = index / 4;
    philoxBlock(block, number | 0, (number / 2 ** 32) | 0, counter[0], counter[1], key[0], key[1]);
    const words = Math.min(4, count - index);
    for (let word = 0; word < words; word++) take(index + word, block[word]!);
  }
}

/** Key and upper half of the counter that TensorFlow forms from a pair of seeds: one block under a fixed key scrambles them. */
export function philoxStart([first, second]: readonly [number, number]): {
  readonly key: readonly [number, number];
  readonly counter: readonly [number, number];
} {
  for (const seed of [first, second]) {
    if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 31) throw new RangeError(`${seed} is no seed`);
  }
  const block = new Int32Array(4);
  philoxBlock(block, first, 0, second, 0, seedKey[0], seedKey[1]);
  return { key: [block[0]!, block[1]!], counter: [block[2]!, block[3]!] };
}

const seedKey = [0x3ec8f720, 0x02461e29] as const;
const rounds = 10;
const multipliers = [0xd2511f53, 0xcd9e8d57] as const;
const keySteps = [0x9e3779b9, 0xbb67ae85] as const;

/** One block: four counter words, the lowest first, under a key of two; 32-bit integers, signed or not. */
export function philoxBlock(
  block: Int32Array,
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  startKey0: number,
  startKey1: number,
): void {
  let c0 = counter0 | 0;
  let c1 = counter1 | 0;
  let c2 = counter2 | 0;
  let c3 = counter3 | 0;
  let key0 = startKey0 | 0;
  let key1 = startKey1 | 0;
  for (let round = 0; round < rounds; round++) {
    const high0 = highProduct(multipliers[0], c0);
    const low0 = Math.imul(multipliers[0], c0);
    const high1 = highProduct(multipliers[1], c2);
    const low1 = Math.imul(multipliers[1], c2);
    c0 = high1 ^ c1 ^ key0;
    c1 = low1;
    c2 = high0 ^ c3 ^ key1;
    c3 = low0;
    key0 = (key0 + keySteps[0]) | 0;
    key1 = (key1 + keySteps[1]) | 0;
  }
  block[0] = c0;
  block[1] = c1;
  block[2] = c2;
  block[3] = c3;
}

/** The upper 32 bits of the product of two unsigned 32-bit integers, by halves of 16. */
function highProduct(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const low = Math.imul(aLow, bLow) >>> 16;
  const middle = (Math.imul(aHigh, bLow) >>> 0) + low;
  const carry = (Math.imul(aLow, bHigh) >>> 0) + (middle & 0xffff);
  return (Math.imul(aHigh, bHigh) + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) | 0;
}
