import { tf } from '../tensorflow.js';
import { callKernel, wasmKernel } from './kernel.js';

/** A tensor cut along one axis. The stock kernel first copies the whole tensor out of the heap for each part. */
export const splitV = wasmKernel<'x', tf.SplitVAttrs>('SplitV', ({ backend, inputs: { x }, attrs }) => {
  const axis = tf.util.parseAxisParam(attrs.axis, x.shape)[0] ?? 0;
  // The preparation reads the shape alone.
  const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, attrs.numOrSizeSplits, axis);
  let start = 0;
  return sizes.map((length) => {
    const begin = x.shape.map((_, i) => (i === axis ? start : 0));
    const size = x.shape.map((all, i) => (i === axis ? length : all));
    start += length;
    return callKernel(backend, 'Slice', { x }, { begin, size });
  });
});
