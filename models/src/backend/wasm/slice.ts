import { tf } from '../tensorflow.js';
import { cells, hasCells } from './heap.js';
import { wasmKernel } from './kernel.js';

/** Part of a tensor. The stock kernel first copies the whole tensor out of the heap. */
export const slice = wasmKernel<'x', tf.SliceAttrs>(
  'Slice',
  ({ backend, inputs: { x }, attrs }) => {
    const [begin = [], size = []] = tf.slice_util.parseSliceParams(x, attrs.begin, attrs.size);
    tf.slice_util.assertParamsValid(x, begin, size);
    const out = backend.makeOutput(size, x.dtype);
    if (tf.util.sizeFromShape(size) === 0) return out;
    const source = cells(backend, x);
    const target = cells(backend, out);
    const strides = [...tf.util.computeStrides(x.shape), 1];
    const whole = wholeFrom(x.shape, size);
    let written = 0;
    const copy = (axis: number, base: number): void => {
      const stride = strides[axis] ?? 1;
      const start = base + (begin[axis] ?? 0) * stride;
      const count = size[axis] ?? 1;
      if (axis >= whole) {
        target.set(source.subarray(start, start + count * stride), written);
        written += count * stride;
        return;
      }
      for (let i = 0; i < count; i++) copy(axis + 1, start + i * stride);
    };
    copy(0, 0);
    return out;
  },
  ({ inputs: { x } }) => hasCells(x),
);

/** The axis whose chosen part lies in one piece: every axis after it is taken whole. */
function wholeFrom(shape: readonly number[], size: readonly number[]): number {
  let axis = shape.length - 1;
  while (axis > 0 && size[axis] === shape[axis]) axis--;
  return Math.max(0, axis);
}
