import type { FusedKernels } from '../fused-kernels.js';
import { dropoutThreshold, philoxStart } from '../philox.js';
import { address, allocate, sizeOf } from './heap.js';
import { wasmKernel } from './kernel.js';
import { simd } from './simd/index.js';

/** `DropoutMask` of the fused kernels: bit for bit what the plain form draws. */
export const dropoutMask = wasmKernel<never, FusedKernels['DropoutMask']['attributes']>(
  'DropoutMask',
  ({ backend, attrs: { shape, rate, seed } }) => {
    const { key, counter } = philoxStart(seed);
    const out = allocate(backend, shape);
    if (sizeOf(out) === 0) return out;
    const [dropped, kept] = [dropoutThreshold(rate), 1 / (1 - rate)];
    simd(backend).philox.dropoutMask(address(backend, out), sizeOf(out), ...key, ...counter, dropped, kept);
    return out;
  },
);
