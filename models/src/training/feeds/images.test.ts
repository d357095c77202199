import { beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../../backend/index.js';
import { usualAugmentation } from '../../images/index.js';
import { inference, stream } from '../../layers/index.js';
import type { Samples } from '../../samples/index.js';
import { imagesFeed } from './index.js';

const [rows, side] = [5, 8];
const random = stream(3);
const pixels = Uint8Array.from({ length: rows * side * side * 3 }, () => random.integer(256));
const images: Samples = { kind: 'images', rows, side, pixels };
const plain = { mean: [0.5, 0.4, 0.3], sd: [0.1, 0.2, 0.4], augmentation: null } as const;
const size = side * side * 3;

beforeAll(() => useBackend('cpu'));

describe('imagesFeed', () => {
  it('reads the rows asked for, in their order, with mean and deviation of each channel', () => {
    const taken = imagesFeed(images, plain).take(Int32Array.of(3, 0), inference);
    expect(taken.shape).toEqual([2, side, side, 3]);
    taken.dataSync().forEach((value, index) => {
      const stored = pixels[(index < size ? 3 * size : -size) + index]!;
      expect(value).toBeCloseTo((stored / 255 - plain.mean[index % 3]!) / plain.sd[index % 3]!, 4);
    });
  });

  it('changes images while training alone, by the seed and whatever else the batch holds', () => {
    const feed = imagesFeed(images, { ...plain, augmentation: usualAugmentation });
    const take = (wanted: readonly number[], seed: number, training = true) =>
      feed.take(Int32Array.from(wanted), { training, seed }).dataSync();
    const unchanged = imagesFeed(images, plain).take(Int32Array.of(1), inference).dataSync();
    expect(take([1], 7, false)).toEqual(unchanged);
    expect(take([1], 7)).not.toEqual(unchanged);
    expect(take([1], 8)).not.toEqual(take([1], 7));
    expect(take([4, 1], 7).slice(size)).toEqual(take([1], 7));
  });

  it('refuses a row that there is not, and samples of another kind', () => {
    expect(() => imagesFeed(images, plain).take(Int32Array.of(5), inference)).toThrow(RangeError);
    const table: Samples = { kind: 'rows', rows: 1, width: 1, values: Float32Array.of(1) };
    expect(() => imagesFeed(table, plain)).toThrow(TypeError);
  });
});
