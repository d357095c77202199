import { describe, expect, it } from 'vitest';
import { equalising } from './clahe.js';
import fixture from './images.fixture.json' with { type: 'json' };
import { clahe } from './index.js';

describe('the table of a tile', () => {
  const { values, clip, lutAt } = fixture.claheTile;
  const counts = new Uint32Array(256);
  for (const value of values) counts[value]!++;

  it('is the worked one', () => {
    const table = equalising(counts, clip);
    for (const [level, wanted] of Object.entries(lutAt)) expect(table[Number(level)]).toBe(wanted);
  });

  it('is plain equalisation where nothing is limited, and nearly straight where everything is', () => {
    const plain = equalising(counts, 256);
    expect([plain[9], plain[10], plain[200], plain[202]]).toEqual([0, 96, 159, 255]);
    const flat = equalising(new Uint32Array(256).fill(3), 1);
    flat.forEach((value, level) => {
      expect(Math.abs(value - level)).toBeLessThanOrEqual(1);
    });
  });
});

describe('clahe', () => {
  const { lightness, result, clip, tiles, ...extent } = fixture.clahe;

  it('blends the tables of tiles that do not divide the image, as the dense formula does', () => {
    clahe(Float32Array.from(lightness), extent, { clip, tiles }).forEach((value, pixel) => {
      expect(value).toBeCloseTo(result[pixel]!, 4);
    });
  });

  it('draws a faint pattern apart', () => {
    const faint = Float32Array.from({ length: 64 * 64 }, (_, pixel) => 50 + (pixel % 5));
    const spread = (values: Float32Array) => Math.max(...values) - Math.min(...values);
    const strong = clahe(faint, { width: 64, height: 64 }, { clip: 40, tiles: 8 });
    expect(spread(strong)).toBeGreaterThan(4 * spread(faint));
  });

  it('refuses an image of fewer pixels than tiles, and of another size', () => {
    const options = { clip: 2, tiles: 8 };
    expect(() => clahe(new Float32Array(49), { width: 7, height: 7 }, options)).toThrow(RangeError);
    expect(() => clahe(new Float32Array(80), { width: 9, height: 9 }, options)).toThrow(RangeError);
  });
});
