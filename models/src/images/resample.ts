import { alongAxis, type Share } from './axis.js';

export interface Extent {
  readonly width: number;
  readonly height: number;
}

/**
 * Values [height, width, channels] at another width and height: bilinear, pixel centres at ½. Where an axis shrinks, the triangle is as
 * much wider, so that every pixel counts: a plain bilinear look-up would skip most of them.
 */
export function resample(
  values: Float32Array | Uint8Array,
  from: Extent & { readonly channels: number },
  to: Extent,
): Float32Array {
  const across = alongAxis(values, triangles(from.width, to.width), { length: from.width, step: from.channels });
  const step = to.width * from.channels;
  return alongAxis(across, triangles(from.height, to.height), { length: from.height, step });
}

function triangles(from: number, to: number): readonly Share[] {
  const scale = from / to;
  const reach = Math.max(1, scale);
  return Array.from({ length: to }, (_, index) => {
    const centre = (index + 0.5) * scale;
    const start = Math.max(0, Math.floor(centre - reach + 0.5));
    const end = Math.min(from, Math.floor(centre + reach + 0.5));
    const weights = Float64Array.from({ length: end - start }, (_, k) =>
      Math.max(0, 1 - Math.abs(start + k + 0.5 - centre) / reach),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { start, weights: weights.map((weight) => weight / total) };
  });
}
