import { describe, expect, it } from 'vitest';
import { heatOverlay } from './index.js';

const side = 8;
const pixels = Uint8Array.from({ length: side * side * 3 }, (_, index) => (index * 11) % 256);
const pixel = (image: Uint8Array, x: number, y: number) => [
  ...image.subarray((y * side + x) * 3, (y * side + x + 1) * 3),
];

describe('heatOverlay', () => {
  it('colours where the map is large and leaves the rest', () => {
    const laid = heatOverlay(pixels, side, Float32Array.of(0, 4, 0, 0), 2);
    expect(pixel(laid, 0, 7)).toEqual(pixel(pixels, 0, 7));
    const under = pixel(pixels, 7, 0);
    const wanted = [215, 0, 30].map((colour, channel) =>
      Math.round(under[channel]! + (colour - under[channel]!) * 0.7),
    );
    expect(pixel(laid, 7, 0)).toEqual(wanted);
  });

  it('does not depend on the scale of the map', () => {
    const map = Float32Array.of(0.1, 0.5, 0.2, 0.9);
    const scaled = map.map((value) => value * 1024);
    expect(heatOverlay(pixels, side, scaled, 2)).toEqual(heatOverlay(pixels, side, map, 2));
  });

  it.each([0, -3])('shows the image alone where the map is %d everywhere', (value) => {
    expect(heatOverlay(pixels, side, new Float32Array(16).fill(value), 4)).toEqual(pixels);
  });

  it('refuses a map that is no square', () => {
    expect(() => heatOverlay(pixels, side, new Float32Array(3), 2)).toThrow(RangeError);
  });
});
