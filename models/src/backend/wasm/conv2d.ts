import { tf } from '../tensorflow.js';
import { convolve } from './convolution.js';
import { address, allocate } from './heap.js';
import { wasmKernel } from './kernel.js';

/**
 * Convolution of x [batch, inHeight, inWidth, inChannels] with a filter [filterHeight, filterWidth, inChannels, outChannels].
 * In place of the stock kernel, which packs the filter anew for each set of weights.
 */
export const conv2D = wasmKernel<'x' | 'filter', tf.Conv2DAttrs>(
  'Conv2D',
  ({ backend, inputs: { x, filter }, attrs }) => {
    const geometry = tf.backend_util.computeConv2DInfo(
      shape4(x.shape),
      shape4(filter.shape),
      attrs.strides,
      attrs.dilations,
      attrs.pad,
      attrs.dimRoundingMode,
    );
    const out = allocate(backend, geometry.outShape);
    if (tf.util.sizeFromShape(out.shape) === 0) return out;
    convolve(backend, geometry, address(backend, x), address(backend, filter), address(backend, out));
    return out;
  },
  ({ attrs }) => attrs.dataFormat === undefined || attrs.dataFormat === 'NHWC',
);

/** A shape of rank 4, which is known but not typed. */
export const shape4 = ([a = 1, b = 1, c = 1, d = 1]: readonly number[]): [number, number, number, number] => [
  a,
  b,
  c,
  d,
];
