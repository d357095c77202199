import { tf } from '../tensorflow.js';
import { allocate, floats } from './heap.js';
import { wasmKernel } from './kernel.js';

/**
 * Gradient of max pooling: each window's slope goes to its first greatest value, in row-major order.
 * The stock kernel starts its search at the smallest positive float, so a window without a positive value silently
 * loses its gradient.
 */
export const maxPoolGrad = wasmKernel<'dy' | 'input' | 'output', tf.MaxPoolGradAttrs>(
  'MaxPoolGrad',
  ({ backend, inputs: { dy, input }, attrs }) => {
    const [batch = 1, height = 1, width = 1, channels = 1] = input.shape;
    const pool = tf.backend_util.computePool2DInfo(
      [batch, height, width, channels],
      attrs.filterSize,
      attrs.strides,
      1,
      attrs.pad,
      attrs.dimRoundingMode,
    );
    const out = allocate(backend, input.shape);
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

/** The part of a window that lies inside the image. */
const span = (start: number, length: number, size: number) => ({
  from: Math.max(0, start),
  to: Math.min(size, start + length),
});
