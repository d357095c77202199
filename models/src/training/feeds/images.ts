import { tf } from '../../backend/index.js';
import { type Augmentation, augmented } from '../../images/index.js';
import { stream } from '../../layers/index.js';
import type { Images, Samples } from '../../samples/index.js';
import type { Feed } from './feed.js';

export interface ImageReading {
  /** Taken from each channel's value 0 … 1. */
  readonly mean: readonly [number, number, number];
  /** What is left is divided by it. */
  readonly sd: readonly [number, number, number];
  /** How images are changed while training; null: not at all. */
  readonly augmentation: Augmentation | null;
}

/**
 * Images as [batch, side, side, 3], `(value/255 − mean) / sd`. They stay in the process's memory as bytes, a quarter of what they
 * would take on the device, and come there a batch at a time. How an image is changed follows from the step's seed and its row, so
 * it does not depend on the backend or on the other rows of the batch.
 */
export function imagesFeed(samples: Samples, { mean, sd, augmentation }: ImageReading): Feed<tf.Tensor4D> {
  const { side, pixels } = asImages(samples);
  const size = channels * side ** 2;
  const table = readings(mean, sd);
  return {
    take: (rows, mode) => {
      const values = new Float32Array(rows.length * size);
      rows.forEach((row, index) => {
        const stored = pixels.subarray(row * size, (row + 1) * size);
        if (stored.length < size) throw new RangeError(`no row ${row}`);
        const change = mode.training ? augmentation : null;
        const image = change ? augmented(stored, side, stream(mode.seed, 'augment', row), change) : stored;
        const start = index * size;
        for (let place = 0; place < size; place++) {
          values[start + place] = table[(place % channels) * levels + image[place]!]!;
        }
      });
      return tf.tensor4d(values, [rows.length, side, side, channels]);
    },
    dispose: () => {},
  };
}

const channels = 3;
const levels = 256;

/** What each level of each channel becomes, [channels, levels]. */
const readings = (mean: ImageReading['mean'], sd: ImageReading['sd']): Float32Array =>
  Float32Array.from({ length: channels * levels }, (_, index) => {
    const channel = Math.floor(index / levels);
    return ((index % levels) / (levels - 1) - mean[channel]!) / sd[channel]!;
  });

function asImages(samples: Samples): Images {
  if (samples.kind !== 'images') throw new TypeError(`images are wanted, not ${samples.kind}`);
  return samples;
}
