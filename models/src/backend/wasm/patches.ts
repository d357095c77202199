import type { tf } from '../tensorflow.js';

/** The geometry of one convolution. */
export type Convolution = tf.backend_util.Conv2DInfo;

/**
 * Lays out the patches that a convolution's filter meets, one row per filter tap and input channel:
 * target [filterHeight · filterWidth · inChannels, images · outHeight · outWidth], zero where the filter reaches past
 * the edge.
 *
 * @param planes the images channel by channel, [batch, inChannels, inHeight, inWidth]
 * @param first the first image to lay out
 */
export function layPatches(
  target: Float32Array,
  planes: Float32Array,
  convolution: Convolution,
  first: number,
  images: number,
): void {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, filterHeight, filterWidth, padInfo } = convolution;
  const { strideHeight, strideWidth } = convolution;
  let at = 0;
  for (let tapRow = 0; tapRow < filterHeight; tapRow++) {
    for (let tapColumn = 0; tapColumn < filterWidth; tapColumn++) {
      const shift = tapColumn - padInfo.left;
      const inside = insideColumns(shift, strideWidth, inWidth, outWidth);
      for (let channel = 0; channel < inChannels; channel++) {
        for (let image = first; image < first + images; image++) {
          const plane = (image * inChannels + channel) * inHeight;
          for (let row = 0; row < outHeight; row++) {
            const inRow = row * strideHeight + tapRow - padInfo.top;
            if (inRow < 0 || inRow >= inHeight) target.fill(0, at, at + outWidth);
            else copyRow(target, at, outWidth, planes, (plane + inRow) * inWidth + shift, strideWidth, inside);
            at += outWidth;
          }
        }
      }
    }
  }
}

/** The output columns [from, to) whose input column lies inside the image. */
function insideColumns(shift: number, stride: number, inWidth: number, outWidth: number) {
  const from = Math.min(outWidth, Math.max(0, Math.ceil(-shift / stride)));
  const to = Math.max(from, Math.min(outWidth, Math.floor((inWidth - 1 - shift) / stride) + 1));
  return { from, to };
}

function copyRow(
  target: Float32Array,
  at: number,
  width: number,
  source: Float32Array,
  start: number,
  stride: number,
  { from, to }: { readonly from: number; readonly to: number },
): void {
  for (let column = 0; column < from; column++) target[at + column] = 0;
  for (let column = from; column < to; column++) target[at + column] = source[start + column * stride]!;
  for (let column = to; column < width; column++) target[at + column] = 0;
}
