import { describe, expect, it } from 'vitest';
import fixture from './images.fixture.json' with { type: 'json' };
import { fromLab, labMoments, reinhard, restain, toLab } from './index.js';

describe('reinhard', () => {
  it('gives the worked channel', () => {
    const { channel, targetMean, targetStd, output } = fixture.reinhard;
    reinhard(Float32Array.from(channel), targetMean, targetStd).forEach((value, index) => {
      expect(value).toBeCloseTo(output[index]!, 5);
    });
  });

  it('only shifts a channel without spread', () => {
    expect([...reinhard(Float32Array.of(3, 3, 3), 50, 8)]).toEqual([50, 50, 50]);
  });
});

/** Pixels about a colour, in a pattern that fills every channel. */
const picture = (colour: readonly number[], pixels: number) =>
  Uint8Array.from({ length: pixels * 3 }, (_, index) => colour[index % 3]! + ((index * 7919) % 23));

describe('labMoments', () => {
  it('gives mean and population deviation of each channel', () => {
    const { mean, sd } = labMoments(Uint8Array.of(255, 255, 255, 0, 0, 0));
    expect(mean[0]).toBeCloseTo(50, 4);
    expect(sd[0]).toBeCloseTo(50, 4);
    expect([mean[1], mean[2], sd[1], sd[2]].every((value) => Math.abs(value) < 1e-3)).toBe(true);
  });

  it('is the same over many images as over their pixels at once', () => {
    const many = picture([150, 90, 160], 70_000);
    const { lightness } = toLab(many);
    const mean = lightness.reduce((sum, value) => sum + value, 0) / lightness.length;
    const variance = lightness.reduce((sum, value) => sum + (value - mean) ** 2, 0) / lightness.length;
    const moments = labMoments(many);
    expect(moments.mean[0]).toBeCloseTo(mean, 6);
    expect(moments.sd[0]).toBeCloseTo(Math.sqrt(variance), 6);
  });
});

describe('restain', () => {
  it('gives the stain of one laboratory to an image of another', () => {
    const reference = labMoments(picture([190, 140, 180], 900));
    const stained = fromLab(restain(toLab(picture([120, 110, 150], 900)), reference));
    const { mean, sd } = labMoments(stained);
    for (const channel of [0, 1, 2] as const) {
      expect(mean[channel]).toBeCloseTo(reference.mean[channel], 0);
      expect(sd[channel]).toBeCloseTo(reference.sd[channel], 0);
    }
  });
});
