import { tf } from '../tensorflow.js';
import { forEachTap } from './depthwise-taps.js';
import { allocate, floats } from './heap.js';
import { wasmKernel } from './kernel.js';
import { shape4 } from './shapes.js';

/**
 * Gradient of a depthwise convolution with respect to its filter, [filterHeight, filterWidth, channels, multiplier].
 * The stock backend has no such kernel.
 */
export const depthwiseBackpropFilter = wasmKernel<'x' | 'dy', tf.DepthwiseConv2dNativeBackpropFilterAttrs>(
  'DepthwiseConv2dNativeBackpropFilter',
  ({ backend, inputs: { x, dy }, attrs }) => {
    const convolution = tf.backend_util.computeConv2DInfo(
      shape4(x.shape),
      attrs.filterShape,
      attrs.strides,
      1,
      attrs.pad,
      attrs.dimRoundingMode,
      true,
    );
    const channels = convolution.inChannels;
    const multiplier = convolution.outChannels / channels;
    const out = allocate(backend, attrs.filterShape);
    const sum = floats(backend, out).fill(0);
    const image = floats(backend, x);
    const slope = floats(backend, dy);
    forEachTap(convolution, (pixel, output, tap) => {
      for (let channel = 0; channel < channels; channel++) {
        const value = image[pixel * channels + channel]!;
        for (let m = 0; m < multiplier; m++) {
          const at = channel * multiplier + m;
          const target = tap * convolution.outChannels + at;
          sum[target] = sum[target]! + value * slope[output * convolution.outChannels + at]!;
        }
      }
    });
    return out;
  },
);
