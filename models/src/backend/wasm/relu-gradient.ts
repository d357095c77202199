import { address, allocate, sizeOf } from './heap.js';
import { wasmKernel } from './kernel.js';
import { simd } from './simd/index.js';

/** `ReluGradient` of the fused kernels. */
export const reluGradient = wasmKernel<'dy' | 'y', unknown>('ReluGradient', ({ backend, inputs: { dy, y } }) => {
  const out = allocate(backend, dy.shape);
  const [slope, value, to] = [dy, y, out].map((tensor) => address(backend, tensor)) as [number, number, number];
  if (sizeOf(dy) > 0) simd(backend).elements.reluGradient(slope, value, to, sizeOf(dy));
  return out;
});
