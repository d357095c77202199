import { tf } from '../tensorflow.js';
import type { WasmBackend } from './backend.js';
import { address, allocate, bytesPerFloat, floats, sizeOf } from './heap.js';
import { wasmKernel } from './kernel.js';
import { shape4 } from './shapes.js';
import { simd } from './simd/index.js';

/**
 * Gradient of max pooling: each window's slope goes to its first greatest value, in row-major order.
 * The stock kernel starts its search at the smallest positive float, so a window without a positive value silently
 * loses its gradient.
 */
export const maxPoolGrad = wasmKernel<'dy' | 'input' | 'output', tf.MaxPoolGradAttrs>(
  'MaxPoolGrad',
  ({ backend, inputs: { dy, input }, attrs }) => {
    const shape = shape4(input.shape);
    const [batch, height, width, channels] = shape;
    const pool = tf.backend_util.computePool2DInfo(
      shape,
      attrs.filterSize,
      attrs.strides,
      1,
      attrs.pad,
      attrs.dimRoundingMode,
    );
    const out = allocate(backend, input.shape);
    if (isTiled(pool) && channels % 4 === 0 && sizeOf(dy) > 0) {
      byTiles(backend, pool, { values: address(backend, input), slopes: address(backend, dy) }, out);
      return out;
    }
    const sum = floats(backend, out).fill(0);
    const values = floats(backend, input);
    const slope = floats(backend, dy);
    for (let image = 0; image < batch; image++) {
      const pixels = image * height * width;
      for (let row = 0; row < pool.outHeight; row++) {
        const rows = span(row * pool.strideHeight - pool.padInfo.top, pool.filterHeight, height);
        for (let column = 0; column < pool.outWidth; column++) {
          const columns = span(column * pool.strideWidth - pool.padInfo.left, pool.filterWidth, width);
          const output = (image * pool.outHeight + row) * pool.outWidth + column;
          for (let channel = 0; channel < channels; channel++) {
            let greatest = Number.NEGATIVE_INFINITY;
            let winner = -1;
            for (let y = rows.from; y < rows.to; y++) {
              for (let x = columns.from; x < columns.to; x++) {
                const at = (pixels + y * width + x) * channels + channel;
                const value = values[at]!;
                if (value > greatest) {
                  greatest = value;
                  winner = at;
                }
              }
            }
            if (winner >= 0) sum[winner] = sum[winner]! + slope[output * channels + channel]!;
          }
        }
      }
    }
    return out;
  },
);

type Pooling = tf.backend_util.Conv2DInfo;

/** Whether no two windows share a value and none reaches past the edge. */
const isTiled = (pool: Pooling): boolean =>
  pool.strideHeight >= pool.filterHeight &&
  pool.strideWidth >= pool.filterWidth &&
  Object.values(pool.padInfo).every((pad) => pad === 0 || typeof pad === 'string');

function byTiles(
  backend: WasmBackend,
  pool: Pooling,
  { values, slopes }: { readonly values: number; readonly slopes: number },
  out: tf.TensorInfo,
): void {
  floats(backend, out).fill(0);
  const pixelBytes = pool.inChannels * bytesPerFloat;
  const rowBytes = pool.inWidth * pixelBytes;
  for (let image = 0; image < pool.batchSize; image++) {
    for (let row = 0; row < pool.outHeight; row++) {
      const skip = (image * pool.inHeight + row * pool.strideHeight) * rowBytes;
      simd(backend).pooling.maxPoolGradRow(
        values + skip,
        slopes + (image * pool.outHeight + row) * pool.outWidth * pixelBytes,
        address(backend, out) + skip,
        pool.outWidth,
        pool.inChannels,
        pool.filterHeight,
        pool.filterWidth,
        rowBytes,
        pool.strideWidth * pixelBytes,
      );
    }
  }
}

/** The part of a window that lies inside the image. */
const span = (start: number, length: number, size: number) => ({
  from: Math.max(0, start),
  to: Math.min(size, start + length),
});
