import { tf } from '../tensorflow.js';
import type { WasmBackend } from './backend.js';
import { allocate, callKernel, floats, free, matrix, multiply } from './heap.js';
import { wasmKernel } from './kernel.js';
import { type Convolution, layPatches } from './patches.js';

/** Memory that the patches of one chunk of images may take. */
const patchBytes = 48 << 20;
const bytesPerFloat = 4;

/**
 * Gradient of a convolution with respect to its filter, [filterHeight, filterWidth, inChannels, outChannels], from
 * x [batch, inHeight, inWidth, inChannels] and dy [batch, outHeight, outWidth, outChannels]: patches of x laid out as
 * rows, times dy as it lies. The stock backend has no such kernel.
 */
export const conv2DBackpropFilter = wasmKernel<'x' | 'dy', tf.Conv2DBackpropFilterAttrs>(
  'Conv2DBackpropFilter',
  ({ backend, inputs: { x, dy }, attrs }) => {
    const convolution = tf.backend_util.computeConv2DInfo(
      shape4(x.shape),
      attrs.filterShape,
      attrs.strides,
      1,
      attrs.pad,
      attrs.dimRoundingMode,
    );
    const out = allocate(backend, attrs.filterShape);
    if (isPointwise(convolution)) pointwise(backend, x, dy, convolution, out);
    else byPatches(backend, x, dy, convolution, out);
    return out;
  },
  ({ attrs }) => attrs.dataFormat === 'NHWC',
);

const shape4 = ([a = 1, b = 1, c = 1, d = 1]: readonly number[]): [number, number, number, number] => [a, b, c, d];

const isPointwise = (c: Convolution): boolean =>
  c.filterHeight * c.filterWidth === 1 && c.outHeight === c.inHeight && c.outWidth === c.inWidth;

/** A 1×1 filter at stride 1: the pixels are the patches. */
function pointwise(backend: WasmBackend, x: tf.TensorInfo, dy: tf.TensorInfo, c: Convolution, out: tf.TensorInfo) {
  const pixels = c.batchSize * c.outHeight * c.outWidth;
  const turned = callKernel(backend, 'Transpose', { x: { ...x, shape: [pixels, c.inChannels] } }, { perm: [1, 0] });
  multiply(
    backend,
    matrix(turned, c.inChannels, pixels),
    matrix(dy, pixels, c.outChannels),
    matrix(out, c.inChannels, c.outChannels),
  );
  free(backend, turned);
}

function byPatches(backend: WasmBackend, x: tf.TensorInfo, dy: tf.TensorInfo, c: Convolution, out: tf.TensorInfo) {
  const taps = c.filterHeight * c.filterWidth * c.inChannels;
  const pixels = c.outHeight * c.outWidth;
  const chunk = Math.max(1, Math.min(c.batchSize, Math.floor(patchBytes / (bytesPerFloat * taps * pixels))));
  const planes = callKernel(backend, 'Transpose', { x }, { perm: [0, 3, 1, 2] });
  const patches = allocate(backend, [taps, chunk * pixels]);
  const part = allocate(backend, [taps, c.outChannels]);
  floats(backend, out).fill(0);
  for (let first = 0; first < c.batchSize; first += chunk) {
    const images = Math.min(chunk, c.batchSize - first);
    layPatches(floats(backend, patches), floats(backend, planes), c, first, images);
    multiply(
      backend,
      matrix(patches, taps, images * pixels),
      { tensor: dy, at: first * pixels * c.outChannels, rows: images * pixels, columns: c.outChannels },
      matrix(part, taps, c.outChannels),
    );
    addTo(floats(backend, out), floats(backend, part));
  }
  free(backend, planes, patches, part);
}

function addTo(sum: Float32Array, part: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + part[i]!;
}
