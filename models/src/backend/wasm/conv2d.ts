import { tf } from '../tensorflow.js';
import { convolve } from './convolution.js';
import { address, allocate, sizeOf } from './heap.js';
import { wasmKernel } from './kernel.js';
import { shape4 } from './shapes.js';

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
    if (sizeOf(out) === 0) return out;
    convolve(backend, geometry, address(backend, x), address(backend, filter), address(backend, out));
    return out;
  },
  ({ attrs }) => attrs.dataFormat === undefined || attrs.dataFormat === 'NHWC',
);
