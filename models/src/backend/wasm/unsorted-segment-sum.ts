import { tf } from '../tensorflow.js';
import { allocate, floats, integers } from './heap.js';
import { wasmKernel } from './kernel.js';

/**
 * Sums rows by segment: x [ids..., inner...] and segmentIds [ids...] give [numSegments, inner...]; rows with an id
 * outside [0, numSegments) count nowhere. It is the gradient of a gather. The stock backend has no such kernel.
 */
export const unsortedSegmentSum = wasmKernel<'x' | 'segmentIds', tf.UnsortedSegmentSumAttrs>(
  'UnsortedSegmentSum',
  ({ backend, inputs: { x, segmentIds }, attrs: { numSegments } }) => {
    const inner = x.shape.slice(segmentIds.shape.length);
    const width = tf.util.sizeFromShape(inner);
    const out = allocate(backend, [numSegments, ...inner], x.dtype === 'int32' ? 'int32' : 'float32');
    const read = x.dtype === 'int32' ? integers : floats;
    const sum = read(backend, out).fill(0);
    const rows = read(backend, x);
    const ids = integers(backend, segmentIds);
    ids.forEach((segment, row) => {
      if (segment < 0 || segment >= numSegments) return;
      for (let i = 0; i < width; i++) {
        sum[segment * width + i] = sum[segment * width + i]! + rows[row * width + i]!;
      }
    });
    return out;
  },
);
