import type { tf } from '../tensorflow.js';
import { address, allocate, sizeOf } from './heap.js';
import { fused } from './kernel.js';
import { simd } from './simd/index.js';

export const reluGradient = fused('ReluGradient', ({ backend, inputs: { dy, y } }) => {
  const out = allocate(backend, dy.shape);
  const at = (tensor: tf.TensorInfo) => address(backend, tensor);
  if (sizeOf(dy) > 0) simd(backend).elements.reluGradient(at(dy), at(y), at(out), sizeOf(dy));
  return out;
});
