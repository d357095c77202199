import { address, allocate, sizeOf } from './heap.js';
import { wasmKernel } from './kernel.js';
import { simd } from './simd/index.js';

/** `SoftmaxGradient` of the fused kernels. */
export const softmaxGradient = wasmKernel<'dp' | 'p', { readonly scale: number }>(
  'SoftmaxGradient',
  ({ backend, inputs: { dp, p }, attrs: { scale } }) => {
    const out = allocate(backend, p.shape);
    const width = p.shape.at(-1) ?? 1;
    const [slope, share, to] = [dp, p, out].map((tensor) => address(backend, tensor)) as [number, number, number];
    if (sizeOf(p) > 0) simd(backend).rows.softmaxGradient(slope, share, sizeOf(p) / width, width, scale, to);
    return out;
  },
);
