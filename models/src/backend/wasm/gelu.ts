import { address, allocate, sizeOf } from './heap.js';
import { wasmKernel } from './kernel.js';
import { simd } from './simd/index.js';

/** `Gelu` of the fused kernels. */
export const gelu = wasmKernel<'x', unknown>('Gelu', ({ backend, inputs: { x } }) => {
  const out = allocate(backend, x.shape);
  if (sizeOf(x) > 0) simd(backend).elements.gelu(address(backend, x), address(backend, out), sizeOf(x));
  return out;
});

/** `GeluGradient` of the fused kernels. */
export const geluGradient = wasmKernel<'dy' | 'x', unknown>('GeluGradient', ({ backend, inputs: { dy, x } }) => {
  const out = allocate(backend, x.shape);
  const [slope, value, to] = [dy, x, out].map((tensor) => address(backend, tensor)) as [number, number, number];
  if (sizeOf(x) > 0) simd(backend).elements.geluGradient(slope, value, to, sizeOf(x));
  return out;
});
