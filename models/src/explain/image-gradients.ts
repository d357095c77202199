import type { tf } from '../backend/index.js';
import { blur } from '../images/index.js';
import { type Attribution, integratedGradients } from './integrated-gradients.js';

export interface ImageGradientsOptions {
  /** The scalar to explain for each image [images, side, side, channels], as [images]: a logit, not a probability. */
  readonly output: (images: tf.Tensor4D) => tf.Tensor1D;
  /** One image as the network is given it, [side, side, channels]. */
  readonly image: Float32Array;
  readonly side: number;
  readonly steps?: number;
  /** Images that go through the network at once. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
}

export interface ImageAttribution extends Attribution {
  /** What of the image speaks for the output, [side, side]: each pixel's channels added up, 0 where they speak against it. */
  readonly map: Float32Array;
}

/** Integrated gradients of an image from its own blurred copy, which has its colours and none of its texture. */
export async function imageGradients({
  output,
  image,
  side,
  batchSize = defaultBatchSize,
  ...rest
}: ImageGradientsOptions): Promise<ImageAttribution> {
  const baseline = blurredBaseline(image, side);
  const channels = image.length / side ** 2;
  const attribution = await integratedGradients({
    ...rest,
    batchSize,
    output: (x) => output(x.reshape([x.shape[0], side, side, channels])),
    x: image,
    baseline,
  });
  const map = Float32Array.from({ length: side ** 2 }, (_, pixel) => {
    const parts = attribution.values.subarray(pixel * channels, (pixel + 1) * channels);
    return Math.max(
      0,
      parts.reduce((sum, part) => sum + part, 0),
    );
  });
  return { ...attribution, map };
}

const defaultBatchSize = 8;

/** The image [side, side, channels] without its texture: blurred by the same share of its side at any size. */
export function blurredBaseline(image: Float32Array, side: number): Float32Array {
  return blur(image, { width: side, height: side, channels: image.length / side ** 2 }, blurShare * side);
}

/** 20 pixels of 224. */
const blurShare = 0.09;
