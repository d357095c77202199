import { type Moments, mergeMoments, momentsOf, noMoments } from '@consilium/shared/statistics';
import { type Lab, toLab } from './lab.js';
import { channels } from './picture.js';

/** Mean and population standard deviation of lightness, a and b: six numbers that tell a stain and a camera. */
export interface StainMoments {
  readonly mean: readonly [number, number, number];
  readonly sd: readonly [number, number, number];
}

/** Of all pixels of one image or of many one after another, three values each. */
export function labMoments(pixels: Uint8Array): StainMoments {
  let moments: readonly [Moments, Moments, Moments] = [noMoments, noMoments, noMoments];
  for (let start = 0; start < pixels.length; start += chunkPixels * channels) {
    const { lightness, a, b } = toLab(pixels.subarray(start, start + chunkPixels * channels));
    moments = [
      mergeMoments(moments[0], momentsOf(lightness)),
      mergeMoments(moments[1], momentsOf(a)),
      mergeMoments(moments[2], momentsOf(b)),
    ];
  }
  const [lightness, a, b] = moments;
  return { mean: [lightness.mean, a.mean, b.mean], sd: [deviation(lightness), deviation(a), deviation(b)] };
}

/** Pixels that are in Lab at once. */
const chunkPixels = 1 << 16;

/**
 * Stain normalisation (Reinhard et al. 2001): each channel shifted and stretched from its own mean and deviation to the reference's.
 * A channel without any spread is only shifted.
 */
export const restain = ({ lightness, a, b }: Lab, { mean, sd }: StainMoments): Lab => ({
  lightness: reinhard(lightness, mean[0], sd[0]),
  a: reinhard(a, mean[1], sd[1]),
  b: reinhard(b, mean[2], sd[2]),
});

export function reinhard(channel: Float32Array, mean: number, sd: number): Float32Array {
  const own = momentsOf(channel);
  const spread = deviation(own);
  const stretch = spread > flat ? sd / spread : 1;
  return channel.map((value) => (value - own.mean) * stretch + mean);
}

/** Less than this is rounding, of a channel whose values go to 100. */
const flat = 1e-4;

const deviation = ({ n, m2 }: Moments): number => (n === 0 ? 0 : Math.sqrt(m2 / n));
