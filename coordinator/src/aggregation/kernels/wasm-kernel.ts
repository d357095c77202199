import { compileNetwork, mostCompiledRows } from './compiled-network.js';
import { type Accumulator, blockElements, demandLength, eachBlock, type Kernel } from './kernel.js';
import { kernelsModule } from './kernels-module.js';
import { columnsOf, networkOf, type Sorter, sorterOver } from './sorting.js';

/** What kernels.wat exports: addresses in bytes, counts in values (multiples of `lanes`). */
interface Exports {
  axpy(sums: number, values: number, count: number, weight: number): void;
  axpyTwice(sums: number, values: number, others: number, count: number, weight: number, weightOfOthers: number): void;
  differenceSquares(update: number, base: number, count: number): number;
  roughSquares(update: number, base: number, count: number): number;
  store(into: number, sums: number, count: number): void;
  halfway(low: number, high: number, count: number): void;
  exchange(pairs: number, end: number, rowBytes: number): void;
}

/** What a compiled network exports. */
interface Compiled {
  run(at: number, end: number): void;
}

/** Values on their way into sums. */
interface Addend {
  readonly values: Float32Array;
  readonly weight: number;
}

interface Memory {
  readonly buffer: ArrayBuffer;
}

/** The part of the WebAssembly API in use here; TypeScript describes it in its browser library alone. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (size: { readonly initial: number }) => Memory;
  readonly Instance: new <Of>(
    module: object,
    imports: { readonly host: { readonly memory: Memory } },
  ) => { readonly exports: Of };
};

/** Every function takes a multiple of it. */
const lanes = 32;
/** A pair of rows in a list of exchanges: two addresses. */
const pairBytes = 2 * Uint32Array.BYTES_PER_ELEMENT;
const pageBytes = 2 ** 16;
const blockBytes = blockElements * Float32Array.BYTES_PER_ELEMENT;
const padded = (count: number) => Math.ceil(count / lanes) * lanes;

/**
 * The kernel in WebAssembly SIMD. Values are copied block by block to the module's memory, where they stay in the
 * fast caches: the copy costs little beside the sum.
 * @throws WebAssembly.CompileError where the host has no SIMD
 */
export function wasmKernel(): Kernel {
  const module = new WebAssembly.Module(Buffer.from(kernelsModule, 'base64'));
  const open = (bytes: number) => {
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes) });
    const { exports } = new WebAssembly.Instance<Exports>(module, { host: { memory } });
    return { memory, buffer: memory.buffer, exports };
  };
  const scratch = open(2 * blockBytes);
  const updateBlock = new Float32Array(scratch.buffer, 0, blockElements);
  const baseBlock = new Float32Array(scratch.buffer, blockBytes, blockElements);

  const overBlocks =
    (sum: Exports['differenceSquares']) =>
    (update: Float32Array, base: Float32Array): number => {
      demandLength(update.length, { exactly: base.length });
      let total = 0;
      eachBlock(update.length, (begin, end) => {
        const count = copyBlock(updateBlock, update, begin, end);
        copyBlock(baseBlock, base, begin, end);
        total += sum(0, blockBytes, count);
      });
      return total;
    };

  /** Values are held back until others come, so that the sums, twice as long, are read and written once for two sites. */
  function accumulator(elements: number): Accumulator {
    const { buffer, exports } = open(2 * blockBytes + padded(elements) * Float64Array.BYTES_PER_ELEMENT);
    const block = new Float32Array(buffer, 0, blockElements);
    const other = new Float32Array(buffer, blockBytes, blockElements);
    const sums = new Float64Array(buffer, 2 * blockBytes, padded(elements));
    const address = (element: number) => 2 * blockBytes + element * Float64Array.BYTES_PER_ELEMENT;
    let held: Addend | undefined;
    function settle(): void {
      if (held === undefined) return;
      const { values, weight } = held;
      held = undefined;
      eachBlock(values.length, (begin, end) => {
        exports.axpy(address(begin), 0, copyBlock(block, values, begin, end), weight);
      });
    }
    function addBoth(one: Addend, two: Addend): void {
      eachBlock(one.values.length, (begin, end) => {
        const count = copyBlock(block, one.values, begin, end);
        copyBlock(other, two.values, begin, end);
        exports.axpyTwice(address(begin), 0, blockBytes, count, one.weight, two.weight);
      });
    }
    return {
      elements,
      get sums() {
        settle();
        return sums;
      },
      clear: () => {
        held = undefined;
        sums.fill(-0);
      },
      add: (values, weight) => {
        demandLength(values.length, { atMost: elements });
        const before = held;
        if (before?.values.length === values.length) {
          addBoth(before, { values, weight });
          held = undefined;
          return [before.values, values];
        }
        settle();
        held = { values, weight };
        return before === undefined ? [] : [before.values];
      },
      store: (into) => {
        demandLength(into.length, { atMost: elements });
        settle();
        eachBlock(into.length, (begin, end) => {
          exports.store(0, address(begin), padded(end - begin));
          into.set(block.subarray(0, end - begin), begin);
        });
      },
    };
  }

  function sorter(rows: number, ranks: readonly number[]): Sorter {
    const network = networkOf(rows, ranks);
    const rowBytes = columnsOf(rows) * Float32Array.BYTES_PER_ELEMENT;
    const pairs = rows * rowBytes;
    const pairsEnd = pairs + network.length * pairBytes;
    const { memory, buffer, exports } = open(pairsEnd);
    const block = Array.from({ length: rows }, (_, row) => new Float32Array(buffer, row * rowBytes, columnsOf(rows)));
    const halfway = (low: number, high: number) => exports.halfway(low * rowBytes, high * rowBytes, columnsOf(rows));
    if (rows <= mostCompiledRows) {
      const compiled = new WebAssembly.Module(compileNetwork(rows, { network, ranks, rowBytes }));
      const { run } = new WebAssembly.Instance<Compiled>(compiled, { host: { memory } }).exports;
      return sorterOver(block, { exchange: () => run(0, rowBytes), halfway });
    }
    new Uint32Array(buffer, pairs, 2 * network.length).set(network.flat().map((row) => row * rowBytes));
    return sorterOver(block, {
      exchange() {
        if (network.length > 0) exports.exchange(pairs, pairsEnd, rowBytes);
      },
      halfway,
    });
  }

  return {
    name: 'wasm',
    accumulator,
    differenceSquares: overBlocks(scratch.exports.differenceSquares),
    roughSquares: overBlocks(scratch.exports.roughSquares),
    sorter,
  };
}

/** Copies values [begin, end) to a block, then −0 (which changes no sum) up to the next multiple of `lanes`; returns that count. */
function copyBlock(block: Float32Array, values: Float32Array, begin: number, end: number): number {
  const count = padded(end - begin);
  block.set(values.subarray(begin, end));
  block.fill(-0, end - begin, count);
  return count;
}
