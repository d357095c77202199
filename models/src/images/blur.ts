import { alongAxis, type Share } from './axis.js';
import type { Extent } from './resample.js';

/**
 * Values [height, width, channels] under a Gaussian of this standard deviation in pixels, cut off at three of them; the border goes on
 * outwards. Evenly scaled values stay so: it may be done before or after pixels are scaled for a network.
 */
export function blur(
  values: Float32Array,
  { width, height, channels }: Extent & { readonly channels: number },
  sigma: number,
): Float32Array {
  if (!Number.isInteger(channels) || values.length !== width * height * channels) {
    throw new RangeError(`${values.length} values are not ${width} × ${height} × ${channels}`);
  }
  const across = alongAxis(values, bells(width, sigma), { length: width, step: channels });
  return alongAxis(across, bells(height, sigma), { length: height, step: width * channels });
}

/** One bell a place; what of it lies beyond the border counts for the border. */
function bells(length: number, sigma: number): readonly Share[] {
  const radius = Math.ceil(reach * sigma);
  const bell = Float64Array.from({ length: 2 * radius + 1 }, (_, k) =>
    Math.exp(-((k - radius) ** 2) / (2 * sigma ** 2)),
  );
  const total = bell.reduce((sum, weight) => sum + weight, 0);
  return Array.from({ length }, (_, index) => {
    const start = Math.max(0, index - radius);
    const end = Math.min(length - 1, index + radius);
    const weights = new Float64Array(end - start + 1);
    bell.forEach((weight, k) => {
      weights[Math.min(Math.max(index + k - radius, start), end) - start]! += weight / total;
    });
    return { start, weights };
  });
}

const reach = 3;
