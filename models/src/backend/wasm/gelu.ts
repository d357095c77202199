import type { tf } from '../tensorflow.js';
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
  const at = (tensor: tf.TensorInfo) => address(backend, tensor);
  if (sizeOf(x) > 0) simd(backend).elements.geluGradient(at(dy), at(x), at(out), sizeOf(x));
  return out;
});
