import { tf } from '../tensorflow.js';
import { correlate } from './convolution.js';
import { address, allocate, floats, sizeOf } from './heap.js';
import { wasmKernel } from './kernel.js';
import { shape4 } from './shapes.js';

/**
 * Gradient of a convolution with respect to its filter, [filterHeight, filterWidth, inChannels, outChannels], from
 * x [batch, inHeight, inWidth, inChannels] and dy [batch, outHeight, outWidth, outChannels]. The stock backend has no such kernel.
 */
export const conv2DBackpropFilter = wasmKernel<'x' | 'dy', tf.Conv2DBackpropFilterAttrs>(
  'Conv2DBackpropFilter',
  ({ backend, inputs: { x, dy }, attrs }) => {
    const geometry = tf.backend_util.computeConv2DInfo(
      shape4(x.shape),
      attrs.filterShape,
      attrs.strides,
      1,
      attrs.pad,
      attrs.dimRoundingMode,
    );
    const out = allocate(backend, attrs.filterShape);
    if (sizeOf(dy) === 0) floats(backend, out).fill(0);
    else correlate(backend, geometry, address(backend, x), address(backend, dy), address(backend, out));
    return out;
  },
  ({ attrs }) => attrs.dataFormat === 'NHWC',
);
