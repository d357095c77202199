import { describe, expect, it } from 'vitest';
import fixture from './images.fixture.json' with { type: 'json' };
import { blur } from './index.js';

describe('blur', () => {
  const { sigma, values, result, ...extent } = fixture.blur;

  it('gives the worked values', () => {
    blur(Float32Array.from(values), extent, sigma).forEach((value, index) => {
      expect(value).toBeCloseTo(result[index]!, 5);
    });
  });

  it('leaves an even image even', () => {
    const even = new Float32Array(4 * 4 * 3).fill(7);
    blur(even, { width: 4, height: 4, channels: 3 }, 5).forEach((value) => {
      expect(value).toBeCloseTo(7, 5);
    });
  });

  it('refuses values that are no such image', () => {
    expect(() => blur(new Float32Array(5), extent, sigma)).toThrow(RangeError);
  });
});
