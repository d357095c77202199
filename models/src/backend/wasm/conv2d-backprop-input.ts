import { tf } from '../tensorflow.js';
import type { WasmBackend } from './backend.js';
import { allocate, callKernel, floats, free } from './heap.js';
import { type Call, wasmKernel } from './kernel.js';

type BackpropInput = Call<'dy' | 'filter', tf.Conv2DBackpropInputAttrs>;

/**
 * Gradient of a convolution with respect to its input, as a convolution of its own: dy, with zeros between its rows
 * and columns where the stride is above 1, under the filter turned by half a circle with its channels swapped. This
 * takes XNNPACK's path; the stock kernel is a scalar loop.
 */
export const conv2DBackpropInput = wasmKernel<'dy' | 'filter', tf.Conv2DBackpropInputAttrs>(
  'Conv2DBackpropInput',
  (call) => {
    const { backend, inputs } = call;
    const { top, bottom, left, right } = outerPadding(call);
    const spread = spreadOut(call);
    const reversed = callKernel(backend, 'Reverse', { x: inputs.filter }, { dims: [0, 1] });
    const turned = callKernel(backend, 'Transpose', { x: reversed }, { perm: [0, 1, 3, 2] });
    free(backend, reversed);
    const out = callKernel(
      backend,
      'Conv2D',
      { x: spread ?? inputs.dy, filter: turned },
      {
        strides: [1, 1],
        dilations: [1, 1],
        pad: [
          [0, 0],
          [top, bottom],
          [left, right],
          [0, 0],
        ],
        dataFormat: 'NHWC',
      },
    );
    free(backend, turned, ...(spread === null ? [] : [spread]));
    return out;
  },
  // Padding wider than the filter would call for cropping dy: rare, and left to the stock kernel.
  (call) => call.attrs.dataFormat === 'NHWC' && Object.values(outerPadding(call)).every((pad) => pad >= 0),
);

function geometry({ inputs, attrs }: BackpropInput) {
  const [filterHeight = 1, filterWidth = 1, inChannels = 1, outChannels = 1] = inputs.filter.shape;
  return tf.backend_util.computeConv2DInfo(
    attrs.inputShape,
    [filterHeight, filterWidth, inChannels, outChannels],
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
}

/** Rows and columns of dy once zeros stand between them. */
const spreadSize = (c: ReturnType<typeof geometry>) => ({
  height: (c.outHeight - 1) * c.strideHeight + 1,
  width: (c.outWidth - 1) * c.strideWidth + 1,
});

function outerPadding(call: BackpropInput) {
  const c = geometry(call);
  const { height, width } = spreadSize(c);
  const top = c.filterHeight - 1 - c.padInfo.top;
  const left = c.filterWidth - 1 - c.padInfo.left;
  return {
    top,
    left,
    bottom: c.inHeight - height - top + c.filterHeight - 1,
    right: c.inWidth - width - left + c.filterWidth - 1,
  };
}

/** dy with zeros between its rows and columns; null at stride 1. The caller frees it. */
function spreadOut(call: BackpropInput): tf.TensorInfo | null {
  const c = geometry(call);
  if (c.strideHeight === 1 && c.strideWidth === 1) return null;
  const { height, width } = spreadSize(c);
  const backend: WasmBackend = call.backend;
  const spread = allocate(backend, [c.batchSize, height, width, c.outChannels]);
  const from = floats(backend, call.inputs.dy);
  const to = floats(backend, spread).fill(0);
  for (let image = 0; image < c.batchSize; image++) {
    for (let row = 0; row < c.outHeight; row++) {
      for (let column = 0; column < c.outWidth; column++) {
        const source = ((image * c.outHeight + row) * c.outWidth + column) * c.outChannels;
        const target = ((image * height + row * c.strideHeight) * width + column * c.strideWidth) * c.outChannels;
        for (let channel = 0; channel < c.outChannels; channel++) to[target + channel] = from[source + channel]!;
      }
    }
  }
  return spread;
}
