import { compileNetwork, mostCompiledRows } from './compiled-network.js';
import { type Accumulator, blockElements, demandLength, eachBlock, type Kernel } from './kernel.js';
import { kernelsModule } from './kernels-module.js';
import { columnsOf, networkOf, type Sorter, sorterOver } from './sorting.js';

/** What kernels.wat exports: addresses in bytes, counts in values (multiples of 8). */
interface Exports {
  axpy(sums: number, values: number, count: number, weight: number): void;
  differenceSquares(update: number, base: number, count: number): number;
  store(into: number, sums: number, count: number): void;
  halfway(low: number, high: number, count: number): void;
  exchange(pairs: number, end: number, rowBytes: number): void;
}

/** What a compiled network exports. */
interface Compiled {
  run(at: number, end: number): void;
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

const lanes = 8;
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

  function differenceSquares(update: Float32Array, base: Float32Array): number {
    demandLength(update.length, { exactly: base.length });
    let total = 0;
    eachBlock(update.length, (begin, end) => {
      const count = copyBlock(updateBlock, update, begin, end);
      copyBlock(baseBlock, base, begin, end);
      total += scratch.exports.differenceSquares(0, blockBytes, count);
    });
    return total;
  }

  function accumulator(elements: number): Accumulator {
    const { buffer, exports } = open(blockBytes + padded(elements) * Float64Array.BYTES_PER_ELEMENT);
    const block = new Float32Array(buffer, 0, blockElements);
    const sums = new Float64Array(buffer, blockBytes, padded(elements));
    const address = (element: number) => blockBytes + element * Float64Array.BYTES_PER_ELEMENT;
    return {
      elements,
      sums,
      clear: () => {
        sums.fill(-0);
      },
      add: (values, weight) => {
        demandLength(values.length, { atMost: elements });
        eachBlock(values.length, (begin, end) => {
          exports.axpy(address(begin), 0, copyBlock(block, values, begin, end), weight);
        });
      },
      store: (into) => {
        demandLength(into.length, { atMost: elements });
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

  return { name: 'wasm', accumulator, differenceSquares, sorter };
}

/** Copies values [begin, end) to a block, then −0 (which changes no sum) up to the next multiple of 8; returns that count. */
function copyBlock(block: Float32Array, values: Float32Array, begin: number, end: number): number {
  const count = padded(end - begin);
  block.set(values.subarray(begin, end));
  block.fill(-0, end - begin, count);
  return count;
}
