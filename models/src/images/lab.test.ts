import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import fixture from './images.fixture.json' with { type: 'json' };
import { fromLab, toLab } from './index.js';

describe('toLab', () => {
  it.each(fixture.labFromSrgb)('gives the worked value of $rgb', ({ rgb, lab: wanted }) => {
    const { lightness, a, b } = toLab(Uint8Array.from(rgb));
    [lightness[0], a[0], b[0]].forEach((value, axis) => {
      expect(value).toBeCloseTo(wanted[axis]!, 4);
    });
  });

  it('refuses values that are no whole pixels', () => {
    expect(() => toLab(new Uint8Array(4))).toThrow(RangeError);
  });
});

describe('fromLab', () => {
  it('gives every 8-bit colour back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 3, maxLength: 3 }), (pixel) => {
        expect(fromLab(toLab(pixel))).toEqual(pixel);
      }),
    );
  });

  it('cuts off what the screen cannot show', () => {
    const lab = { lightness: Float32Array.of(140, -20), a: Float32Array.of(0, 0), b: Float32Array.of(0, 0) };
    expect([...fromLab(lab)]).toEqual([255, 255, 255, 0, 0, 0]);
  });
});
