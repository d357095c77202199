import { describe, expect, it } from 'vitest';
import fixture from './images.fixture.json' with { type: 'json' };
import { letterbox, letterboxFrame, resample } from './index.js';

describe('letterboxFrame', () => {
  it('is the worked one', () => {
    const { source, target, resized, padTop, padBottom } = fixture.letterbox;
    const frame = letterboxFrame({ width: source[0]!, height: source[1]! }, target);
    expect(frame).toEqual({ width: resized[0], height: resized[1], left: 0, top: padTop });
    expect(target - frame.top - frame.height).toBe(padBottom);
  });

  it('keeps one pixel of the thinnest image', () => {
    expect(letterboxFrame({ width: 1, height: 1000 }, 32)).toEqual({ width: 1, height: 32, left: 15, top: 0 });
  });
});

describe('letterbox', () => {
  it('lays a wide image into the middle, the rest in the median colour of its border', () => {
    // 4 × 2: the border is the image, with more of [10, 20, 30] than of anything else.
    const [ground, cell] = [
      [10, 20, 30],
      [200, 0, 90],
    ];
    const pixels = Uint8Array.from([ground, cell, ground, ground, ground, ground, cell, ground].flat());
    const square = letterbox({ width: 4, height: 2, pixels }, 4);
    const rows = [0, 1, 2, 3].map((row) => [...square.subarray(row * 12, row * 12 + 12)]);
    const fill = [ground, ground, ground, ground].flat();
    expect(rows).toEqual([fill, [...pixels.subarray(0, 12)], [...pixels.subarray(12)], fill]);
  });

  it('leaves a square image of the right size as it is', () => {
    const pixels = Uint8Array.from({ length: 5 * 5 * 3 }, (_, index) => (index * 37) % 256);
    expect(letterbox({ width: 5, height: 5, pixels }, 5)).toEqual(pixels);
  });

  it('refuses pixels that are no such image', () => {
    expect(() => letterbox({ width: 2, height: 2, pixels: new Uint8Array(11) }, 8)).toThrow(RangeError);
    expect(() => letterbox({ width: 0, height: 2, pixels: new Uint8Array(0) }, 8)).toThrow(RangeError);
  });
});

describe('resample', () => {
  const { from, values, smaller, larger } = fixture.resample;

  it.each([smaller, larger])('gives the worked values at $width × $height', ({ values: wanted, ...to }) => {
    const result = resample(Uint8Array.from(values), from, to);
    expect(result).toHaveLength(wanted.length);
    result.forEach((value, index) => {
      expect(value).toBeCloseTo(wanted[index]!, 3);
    });
  });
});
