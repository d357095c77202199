import type { tf } from '../tensorflow.js';

/**
 * Calls `visit` for each meeting of a depthwise filter tap with a pixel inside the image, in a fixed order. Taps lie
 * side by side: the operation that asks for these gradients refuses dilated filters.
 * `pixel` counts input pixels, `output` output pixels, `tap` filter taps, each row-major.
 */
export function forEachTap(
  c: tf.backend_util.Conv2DInfo,
  visit: (pixel: number, output: number, tap: number) => void,
): void {
  for (let image = 0; image < c.batchSize; image++) {
    for (let row = 0; row < c.outHeight; row++) {
      for (let tapRow = 0; tapRow < c.filterHeight; tapRow++) {
        const inRow = row * c.strideHeight + tapRow - c.padInfo.top;
        if (inRow < 0 || inRow >= c.inHeight) continue;
        for (let column = 0; column < c.outWidth; column++) {
          const output = (image * c.outHeight + row) * c.outWidth + column;
          for (let tapColumn = 0; tapColumn < c.filterWidth; tapColumn++) {
            const inColumn = column * c.strideWidth + tapColumn - c.padInfo.left;
            if (inColumn < 0 || inColumn >= c.inWidth) continue;
            visit((image * c.inHeight + inRow) * c.inWidth + inColumn, output, tapRow * c.filterWidth + tapColumn);
          }
        }
      }
    }
  }
}
