import { describe, expect, it } from 'vitest';
import { type Correction, clahe, corrected, fromLab, labMoments, median3, restain, square, toLab } from './index.js';

const side = 16;
const pixels = Uint8Array.from({ length: side * side * 3 }, (_, index) => 60 + ((index * 31) % 120));
const nothing: Correction = { clahe: null, stain: null, median: false };

describe('median3', () => {
  it('takes a speck and keeps an edge', () => {
    const half = Uint8Array.from({ length: 6 * 6 * 3 }, (_, index) => (Math.floor(index / 3) % 6 < 3 ? 20 : 200));
    const specked = half.slice();
    specked.set([255, 0, 255], (2 * 6 + 1) * 3);
    expect(median3(square(specked, 6))).toEqual(half);
  });

  it('leaves a single pixel', () => {
    expect([...median3({ width: 1, height: 1, pixels: Uint8Array.of(1, 2, 3) })]).toEqual([1, 2, 3]);
  });
});

describe('corrected', () => {
  it('changes nothing where nothing is asked, and never the image that it was given', () => {
    const before = pixels.slice();
    const result = corrected(pixels, side, nothing);
    expect(result).toEqual(pixels);
    expect(result).not.toBe(pixels);
    corrected(pixels, side, { clahe: { clip: 2, tiles: 4 }, stain: null, median: true });
    expect(pixels).toEqual(before);
  });

  it('equalises, then stains, then takes specks away', () => {
    const stain = labMoments(pixels.map((value) => 255 - value));
    const contrast = { clip: 2, tiles: 4 };
    const lab = toLab(pixels);
    const equal = { ...lab, lightness: clahe(lab.lightness, { width: side, height: side }, contrast) };
    const wanted = median3(square(fromLab(restain(equal, stain)), side));
    expect(corrected(pixels, side, { clahe: contrast, stain, median: true })).toEqual(wanted);
  });

  it('can do each alone', () => {
    const alone = (one: Partial<Correction>) => corrected(pixels, side, { ...nothing, ...one });
    const stain = labMoments(pixels);
    expect(alone({ median: true })).toEqual(median3(square(pixels, side)));
    expect(labMoments(alone({ clahe: { clip: 4, tiles: 4 } })).mean[1]).toBeCloseTo(stain.mean[1], 0);
    const own = alone({ stain });
    expect(own.every((value, index) => Math.abs(value - pixels[index]!) <= 1)).toBe(true);
  });

  it('refuses another side', () => {
    expect(() => corrected(pixels, side + 1, nothing)).toThrow(RangeError);
  });
});
