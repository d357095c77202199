import { type Accumulator, demandLength, eachBlock, type Kernel } from './kernel.js';
import { columnsOf, networkOf, type Sorter, sorterOver } from './sorting.js';

/** The kernel in plain JavaScript, for hosts without WebAssembly SIMD; the order of sums is that of kernels.wat. */
export const jsKernel: Kernel = {
  name: 'js',
  accumulator,
  differenceSquares: (update, base) => overBlocks(blockSquares, update, base),
  roughSquares: (update, base) => overBlocks(roughBlockSquares, update, base),
  sorter,
};

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
      return [values];
    },
    store: (into) => {
      demandLength(into.length, { atMost: elements });
      for (let i = 0; i < into.length; i++) into[i] = sums[i]!;
    },
  };
}

function sorter(rows: number, ranks: readonly number[]): Sorter {
  const network = networkOf(rows, ranks);
  const block = Array.from({ length: rows }, () => new Float32Array(columnsOf(rows)));
  return sorterOver(block, {
    exchange() {
      for (const [low, high] of network) exchange(block[low]!, block[high]!);
    },
    halfway: (low, high) => halfway(block[low]!, block[high]!),
  });
}

function exchange(low: Float32Array, high: Float32Array): void {
  for (let i = 0; i < low.length; i++) {
    const a = low[i]!;
    const b = high[i]!;
    if (b < a) {
      low[i] = b;
      high[i] = a;
    }
  }
}

function halfway(low: Float32Array, high: Float32Array): void {
  for (let i = 0; i < low.length; i++) low[i] = (low[i]! + high[i]!) * 0.5;
}

function overBlocks(sum: typeof blockSquares, update: Float32Array, base: Float32Array): number {
  demandLength(update.length, { exactly: base.length });
  let total = 0;
  eachBlock(update.length, (begin, end) => {
    total += sum(update, base, begin, end);
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

function roughBlockSquares(update: Float32Array, base: Float32Array, begin: number, end: number): number {
  const { fround } = Math;
  const square = (at: number) => {
    const difference = at < end ? fround(update[at]! - base[at]!) : 0;
    return fround(difference * difference);
  };
  /** Of 16 values every fourth, from one of the first four on. */
  const four = (at: number) => fround(fround(fround(square(at) + square(at + 4)) + square(at + 8)) + square(at + 12));
  const s = new Float64Array(4);
  for (let at = begin; at < end; at += 32) {
    for (let lane = 0; lane < 4; lane++) s[lane]! += fround(four(at + lane) + four(at + lane + 16));
  }
  return s[0]! + s[2]! + (s[1]! + s[3]!);
}
