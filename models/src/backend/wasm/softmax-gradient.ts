import type { tf } from '../tensorflow.js';
import { address, allocate, sizeOf } from './heap.js';
import { fused } from './kernel.js';
import { simd } from './simd/index.js';

export const softmaxGradient = fused('SoftmaxGradient', ({ backend, inputs: { dp, p }, attrs: { scale } }) => {
  const out = allocate(backend, p.shape);
  const width = p.shape.at(-1) ?? 1;
  const at = (tensor: tf.TensorInfo) => address(backend, tensor);
  if (sizeOf(p) > 0) simd(backend).rows.softmaxGradient(at(dp), at(p), sizeOf(p) / width, width, scale, at(out));
  return out;
});
