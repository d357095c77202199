import { describe, expect, it } from 'vitest';
import { stream } from '../layers/index.js';
import { placeOnMap } from './index.js';

const random = stream(9);
const [rows, width] = [60, 8];
const values = Float32Array.from({ length: rows * width }, (_, index) => {
  const group = Math.floor(index / width) % 3;
  return random.normal() + (index % width === group ? 12 : 0);
});

describe('placeOnMap', () => {
  it('keeps groups that lie apart apart: the nearest place is nearly always one of the own group', async () => {
    const places = await placeOnMap({ rows, width, values, random: stream(1), neighbours: 10, epochs: 200 });
    expect(places).toHaveLength(2 * rows);
    expect(places.every(Number.isFinite)).toBe(true);
    let own = 0;
    for (let row = 0; row < rows; row++) {
      const distances = Array.from({ length: rows }, (_, other) =>
        other === row
          ? Number.POSITIVE_INFINITY
          : Math.hypot(places[2 * row]! - places[2 * other]!, places[2 * row + 1]! - places[2 * other + 1]!),
      );
      if (distances.indexOf(Math.min(...distances)) % 3 === row % 3) own += 1;
    }
    expect(own / rows).toBeGreaterThan(0.95);
  });

  it('follows from its random numbers, and from few rows', async () => {
    const few = { rows: 4, width, values: values.slice(0, 4 * width), epochs: 5 };
    const map = await placeOnMap({ ...few, random: stream(1) });
    expect(await placeOnMap({ ...few, random: stream(1) })).toEqual(map);
    expect(await placeOnMap({ ...few, random: stream(2) })).not.toEqual(map);
  });

  it('refuses too few rows and values that do not fit, and stops when aborted', async () => {
    await expect(placeOnMap({ rows: 3, width: 1, values: new Float32Array(3), random })).rejects.toThrow(RangeError);
    await expect(placeOnMap({ rows: 5, width: 1, values: new Float32Array(3), random })).rejects.toThrow(RangeError);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(placeOnMap({ rows, width, values, random, signal })).rejects.toThrow('enough');
  });
});
