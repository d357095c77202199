import { describe, expect, it } from 'vitest';
import type { LabelledSamples } from '../samples/index.js';
import { type DiscOptions, discs } from './index.js';

const options: DiscOptions = { seed: 7, site: 'north', images: 40, classes: 4, side: 16, stain: 0.2 };
const pixelsOf = ({ input }: LabelledSamples) => (input.kind === 'images' ? input.pixels : new Uint8Array());

describe('discs', () => {
  it('are the same for a seed and others for another seed or site', () => {
    expect(discs(options)).toEqual(discs(options));
    expect(pixelsOf(discs({ ...options, seed: 8 }))).not.toEqual(pixelsOf(discs(options)));
    expect(pixelsOf(discs({ ...options, site: 'south' }))).not.toEqual(pixelsOf(discs(options)));
  });

  it('hold every class as often, in no order', () => {
    const { y, rows, input } = discs(options);
    expect([0, 1, 2, 3].map((label) => y.filter((one) => one === label).length)).toEqual([10, 10, 10, 10]);
    expect([...y]).not.toEqual(Array.from({ length: rows }, (_, row) => row % 4));
    expect(input).toMatchObject({ kind: 'images', rows: 40, side: 16 });
    expect(pixelsOf(discs(options))).toHaveLength(40 * 16 * 16 * 3);
  });

  it('have a stain of their site: the background tells it', () => {
    const corner = (stain: number, site: string) => {
      const pixels = pixelsOf(discs({ ...options, stain, site }));
      return [0, 1, 2].map((channel) => {
        const values = Array.from({ length: 40 }, (_, image) => pixels[image * 16 * 16 * 3 + channel]!);
        return values.reduce((sum, value) => sum + value, 0) / values.length;
      });
    };
    corner(0, 'north').forEach((mean, channel) => {
      expect(Math.abs(mean - [228, 220, 228][channel]!)).toBeLessThan(3);
    });
    const [north, south] = [corner(0.2, 'north'), corner(0.2, 'south')];
    expect(Math.max(...north.map((mean, channel) => Math.abs(mean - south[channel]!)))).toBeGreaterThan(8);
  });
});
