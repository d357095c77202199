import type { tf } from '../tensorflow.js';
import { address, allocate, sizeOf } from './heap.js';
import { fused } from './kernel.js';
import { simd } from './simd/index.js';

export const gelu = fused('Gelu', ({ backend, inputs: { x } }) => {
  const out = allocate(backend, x.shape);
  if (sizeOf(x) > 0) simd(backend).elements.gelu(address(backend, x), address(backend, out), sizeOf(x));
  return out;
});

export const geluGradient = fused('GeluGradient', ({ backend, inputs: { dy, x } }) => {
  const out = allocate(backend, x.shape);
  const at = (tensor: tf.TensorInfo) => address(backend, tensor);
  if (sizeOf(x) > 0) simd(backend).elements.geluGradient(at(dy), at(x), at(out), sizeOf(x));
  return out;
});
