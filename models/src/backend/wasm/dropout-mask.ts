import { address, allocate, scratch, sizeOf } from './heap.js';
import { wasmKernel } from './kernel.js';
import { simd } from './simd/index.js';

interface Attributes {
  readonly shape: readonly number[];
  readonly rate: number;
  readonly seed: readonly [number, number];
}

/** `DropoutMask` of the fused kernels: bit for bit what the plain form draws. */
export const dropoutMask = wasmKernel<never, Attributes>('DropoutMask', ({ backend, attrs }) => {
  const { shape, rate, seed } = attrs;
  for (const part of seed) {
    if (!Number.isInteger(part) || part < 0 || part >= 2 ** 31) throw new RangeError(`${part} is no seed`);
  }
  const out = allocate(backend, shape);
  if (sizeOf(out) === 0) return out;
  const { philox } = simd(backend);
  const [key0, key1, upper0, upper1] = scratch(backend, blockBytes, (memory) => {
    philox.blocks(memory, seed[0], ...seedKey, seed[1], 0);
    return [...new Int32Array(backend.wasm.HEAPU8.buffer, memory, 4)] as unknown as FourWords;
  });
  const dropped = Math.round(rate * 2 ** mantissaBits);
  philox.dropoutMask(address(backend, out), sizeOf(out), key0, key1, upper0, upper1, dropped, 1 / (1 - rate));
  return out;
});

type FourWords = readonly [number, number, number, number];

/** The fixed key under which TensorFlow scrambles a pair of seeds into key and upper counter. */
const seedKey = [0x3ec8f720, 0x02461e29] as const;
const mantissaBits = 23;
const blockBytes = 64;
