import { describe, expect, it } from 'vitest';
import { type Random, stream } from '../layers/index.js';
import { type Augmentation, augmented, usualAugmentation } from './index.js';

const still: Augmentation = { turns: false, tilt: 0, zoom: 0, brightness: 0, contrast: 0, colour: 0 };
const side = 4;
const pixels = Uint8Array.from({ length: side * side * 3 }, (_, index) => (index * 5) % 251);
/** One number a pixel, row by row. */
const places = (image: Uint8Array) => Array.from({ length: side * side }, (_, pixel) => image[pixel * 3]!);
const at = (x: number, y: number) => pixels[(y * side + x) * 3]!;
/** Every uniform number in the middle: nothing is changed but by the turns given. */
const turning = (mirror: number, quarter: number): Random => {
  const turns = [mirror, quarter];
  return { uniform: () => 0.5, integer: () => turns.shift() ?? 0, normal: () => 0 };
};
const each = (of: (x: number, y: number) => number) =>
  Array.from({ length: side * side }, (_, pixel) => of(pixel % side, Math.floor(pixel / side)));
const last = side - 1;

describe('augmented', () => {
  it('changes nothing where it may not', () => {
    for (let seed = 0; seed < 10; seed++) expect(augmented(pixels, side, stream(seed), still)).toEqual(pixels);
  });

  it.each([
    { name: 'mirrors', mirror: 1, quarter: 0, wanted: each((x, y) => at(last - x, y)) },
    { name: 'turns by a quarter', mirror: 0, quarter: 1, wanted: each((x, y) => at(last - y, x)) },
    { name: 'turns by a half', mirror: 0, quarter: 2, wanted: each((x, y) => at(last - x, last - y)) },
    { name: 'mirrors and turns', mirror: 1, quarter: 3, wanted: each((x, y) => at(y, x)) },
  ])('$name without touching a value', ({ mirror, quarter, wanted }) => {
    expect(places(augmented(pixels, side, turning(mirror, quarter)))).toEqual(wanted);
  });

  it('comes out in all eight ways', () => {
    const ways = Array.from({ length: 100 }, (_, seed) =>
      augmented(pixels, side, stream(seed), { ...still, turns: true }),
    );
    expect(new Set(ways.map(String)).size).toBe(8);
  });

  it('keeps light within the shares given', () => {
    const grey = new Uint8Array(side * side * 3).fill(100);
    const found = { low: 255, high: 0 };
    for (let seed = 0; seed < 300; seed++) {
      for (const value of augmented(grey, side, stream(seed), usualAugmentation)) {
        found.low = Math.min(found.low, value);
        found.high = Math.max(found.high, value);
      }
    }
    expect(found.low).toBeGreaterThanOrEqual(81);
    expect(found.low).toBeLessThan(86);
    expect(found.high).toBeLessThanOrEqual(121);
    expect(found.high).toBeGreaterThan(115);
  });

  it('draws the image apart about its mean', () => {
    const two = Uint8Array.from({ length: side * side * 3 }, (_, index) => (index < side * side * 1.5 ? 80 : 120));
    const spreads = Array.from({ length: 100 }, (_, seed) => {
      const image = augmented(two, side, stream(seed), { ...still, contrast: 0.5 });
      return image[0]! - image.at(-1)!;
    });
    expect(Math.min(...spreads)).toBeLessThan(-55);
    expect(Math.max(...spreads)).toBeGreaterThan(-25);
  });

  const near: Random = { uniform: () => 1, integer: () => 0, normal: () => 0 };
  const far: Random = { ...near, uniform: () => 0 };

  it('zooms about the middle', () => {
    const dot = new Uint8Array(9 * 9 * 3).fill(10);
    dot.fill(250, (4 * 9 + 4) * 3, (4 * 9 + 5) * 3);
    const light = (image: Uint8Array) => image.reduce((sum, value) => sum + value - 10, 0);
    expect(light(augmented(dot, 9, near, { ...still, zoom: 0.5 }))).toBeGreaterThan(1.5 * light(dot));
    expect(augmented(dot, 9, near, { ...still, zoom: 0.5 })[4 * 9 * 3 + 4 * 3]).toBe(250);
  });

  it('mirrors what lies past the border', () => {
    // Shrunk to a half, about the middle of 5: the source is looked up at −2, 0, 2, 4 and 6.
    const columns = Uint8Array.from({ length: 5 * 5 * 3 }, (_, index) => 10 * (Math.floor(index / 3) % 5));
    const row = augmented(columns, 5, far, { ...still, zoom: 0.5 }).filter((_, index) => index < 15 && index % 3 === 0);
    expect([...row]).toEqual([20, 0, 20, 40, 20]);
  });

  it('follows from its random numbers, and takes as many whatever is asked', () => {
    const next = (how: Augmentation) => {
      const random = stream(3);
      augmented(pixels, side, random, how);
      return random.uniform();
    };
    expect(next(still)).toBe(next(usualAugmentation));
    const image = (seed: number) => augmented(pixels, side, stream(seed));
    expect(image(1)).toEqual(image(1));
    expect(image(1)).not.toEqual(image(2));
  });
});
