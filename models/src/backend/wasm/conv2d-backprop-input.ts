import { tf } from '../tensorflow.js';
import type { WasmBackend } from './backend.js';
import { convolve } from './convolution.js';
import { address, allocate, bytesPerFloat, floats, free, scratch, sizeOf } from './heap.js';
import { type Call, wasmKernel } from './kernel.js';
import { shape4 } from './shapes.js';
import { simd } from './simd/index.js';

type BackpropInput = Call<'dy' | 'filter', tf.Conv2DBackpropInputAttrs>;

/**
 * Gradient of a convolution with respect to its input, as a convolution of its own: dy, with zeros between its rows
 * and columns where the stride is above 1, under the filter turned by half a circle with its channels swapped. The stock
 * kernel is a scalar loop.
 */
export const conv2DBackpropInput = wasmKernel<'dy' | 'filter', tf.Conv2DBackpropInputAttrs>(
  'Conv2DBackpropInput',
  (call) => {
    const { backend, inputs } = call;
    const c = geometry(call);
    const { top, left } = outerPadding(c);
    const { height, width } = spreadSize(c);
    const out = allocate(backend, call.attrs.inputShape);
    if (sizeOf(inputs.dy) === 0) {
      floats(backend, out).fill(0);
      return out;
    }
    const spread = spreadOut(backend, inputs.dy, c);
    const mirrored = {
      ...c,
      inHeight: height,
      inWidth: width,
      inChannels: c.outChannels,
      outHeight: c.inHeight,
      outWidth: c.inWidth,
      outChannels: c.inChannels,
      strideHeight: 1,
      strideWidth: 1,
      padInfo: { top, left },
    };
    scratch(backend, sizeOf(inputs.filter) * bytesPerFloat, (turned) => {
      turnFilter(backend, c, address(backend, inputs.filter), turned);
      convolve(backend, mirrored, address(backend, spread ?? inputs.dy), turned, address(backend, out));
    });
    if (spread !== null) free(backend, spread);
    return out;
  },
  // Padding wider than the filter would call for cropping dy: rare, and left to the stock kernel.
  (call) => call.attrs.dataFormat === 'NHWC' && Object.values(outerPadding(geometry(call))).every((pad) => pad >= 0),
);

/** The filter turned by half a circle with its channels swapped: [filterHeight, filterWidth, outChannels, inChannels]. */
function turnFilter(backend: WasmBackend, c: Geometry, from: number, to: number): void {
  const taps = c.filterHeight * c.filterWidth;
  const bytes = c.inChannels * c.outChannels * bytesPerFloat;
  const [inBytes, outBytes] = [c.inChannels * bytesPerFloat, c.outChannels * bytesPerFloat];
  for (let tap = 0; tap < taps; tap++) {
    const target = to + (taps - 1 - tap) * bytes;
    simd(backend).product.transpose(from + tap * bytes, outBytes, c.inChannels, c.outChannels, target, inBytes);
  }
}

type Geometry = tf.backend_util.Conv2DInfo;

const geometry = ({ inputs: { filter }, attrs }: BackpropInput): Geometry =>
  tf.backend_util.computeConv2DInfo(
    attrs.inputShape,
    shape4(filter.shape),
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  );

/** Rows and columns of dy once zeros stand between them. */
const spreadSize = (c: Geometry) => ({
  height: (c.outHeight - 1) * c.strideHeight + 1,
  width: (c.outWidth - 1) * c.strideWidth + 1,
});

function outerPadding(c: Geometry) {
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
function spreadOut(backend: WasmBackend, dy: tf.TensorInfo, c: Geometry): tf.TensorInfo | null {
  if (c.strideHeight === 1 && c.strideWidth === 1) return null;
  const { height, width } = spreadSize(c);
  const spread = allocate(backend, [c.batchSize, height, width, c.outChannels]);
  const from = floats(backend, dy);
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
