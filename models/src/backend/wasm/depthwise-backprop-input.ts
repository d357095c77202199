import { tf } from '../tensorflow.js';
import { forEachTap } from './depthwise-taps.js';
import { allocate, floats } from './heap.js';
import { wasmKernel } from './kernel.js';
import { shape4 } from './shapes.js';

/**
 * Gradient of a depthwise convolution with respect to its input, [batch, height, width, channels].
 * The stock backend has no such kernel.
 */
export const depthwiseBackpropInput = wasmKernel<'dy' | 'filter', tf.DepthwiseConv2dNativeBackpropInputAttrs>(
  'DepthwiseConv2dNativeBackpropInput',
  ({ backend, inputs: { dy, filter }, attrs }) => {
    const filterShape = shape4(filter.shape);
    const [, , channels, multiplier] = filterShape;
    const convolution = tf.backend_util.computeConv2DInfo(
      attrs.inputShape,
      filterShape,
      attrs.strides,
      1,
      attrs.pad,
      attrs.dimRoundingMode,
      true,
    );
    const out = allocate(backend, attrs.inputShape);
    const sum = floats(backend, out).fill(0);
    const weights = floats(backend, filter);
    const slope = floats(backend, dy);
    forEachTap(convolution, (pixel, output, tap) => {
      for (let channel = 0; channel < channels; channel++) {
        let share = 0;
        for (let m = 0; m < multiplier; m++) {
          const at = channel * multiplier + m;
          share += slope[output * convolution.outChannels + at]! * weights[tap * convolution.outChannels + at]!;
        }
        const target = pixel * channels + channel;
        sum[target] = sum[target]! + share;
      }
    });
    return out;
  },
);
