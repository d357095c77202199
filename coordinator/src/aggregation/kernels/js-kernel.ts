import { type Accumulator, demandLength, eachBlock, type Kernel } from './kernel.js';

/** The kernel in plain JavaScript, for hosts without WebAssembly SIMD; the order of sums is that of kernels.wat. */
export const jsKernel: Kernel = { name: 'js', accumulator, differenceSquares };

function accumulator(elements: number): Accumulator {
  const sums = new Float64Array(elements);
  return {
    elements,
    sums,
    clear: () => {
      sums.fill(-0);
    },
    add: (values, weight) => {
      demandLength(values.length, { atMost: elements });
      for (let i = 0; i < values.length; i++) sums[i]! += weight * values[i]!;
    },
    store: (into) => {
      demandLength(into.length, { atMost: elements });
      for (let i = 0; i < into.length; i++) into[i] = sums[i]!;
    },
  };
}

function differenceSquares(update: Float32Array, base: Float32Array): number {
  demandLength(update.length, { exactly: base.length });
  let total = 0;
  eachBlock(update.length, (begin, end) => {
    total += blockSquares(update, base, begin, end);
  });
  return total;
}

function blockSquares(update: Float32Array, base: Float32Array, begin: number, end: number): number {
  const s = new Float64Array(8);
  for (let i = begin; i < end; i++) {
    const difference = update[i]! - base[i]!;
    s[(i - begin) & 7]! += difference * difference;
  }
  return s[0]! + s[2]! + (s[4]! + s[6]!) + (s[1]! + s[3]! + (s[5]! + s[7]!));
}
