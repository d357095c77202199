import { channels } from './picture.js';

/** An image in CIELAB (D65), channel by channel, [pixels] each: lightness 0 … 100, a from green to red, b from blue to yellow. */
export interface Lab {
  readonly lightness: Float32Array;
  readonly a: Float32Array;
  readonly b: Float32Array;
}

/** 8-bit sRGB, three values a pixel, to CIELAB (IEC 61966-2-1, CIE 15). */
export function toLab(pixels: Uint8Array): Lab {
  const count = pixels.length / channels;
  if (!Number.isInteger(count)) throw new RangeError(`${pixels.length} values are no pixels of ${channels} channels`);
  const lab = { lightness: new Float32Array(count), a: new Float32Array(count), b: new Float32Array(count) };
  for (let pixel = 0; pixel < count; pixel++) {
    const red = linear[pixels[pixel * channels]!]!;
    const green = linear[pixels[pixel * channels + 1]!]!;
    const blue = linear[pixels[pixel * channels + 2]!]!;
    const x = bend((0.412453 * red + 0.35758 * green + 0.180423 * blue) / whiteX);
    const y = bend(0.212671 * red + 0.71516 * green + 0.072169 * blue);
    const z = bend((0.019334 * red + 0.119193 * green + 0.950227 * blue) / whiteZ);
    lab.lightness[pixel] = 116 * y - 16;
    lab.a[pixel] = 500 * (x - y);
    lab.b[pixel] = 200 * (y - z);
  }
  return lab;
}

/** CIELAB to the nearest 8-bit sRGB; colours that sRGB does not have are cut off channel by channel. */
export function fromLab({ lightness, a, b }: Lab): Uint8Array {
  const pixels = new Uint8Array(lightness.length * channels);
  for (let pixel = 0; pixel < lightness.length; pixel++) {
    const bent = (lightness[pixel]! + 16) / 116;
    const x = whiteX * straighten(bent + a[pixel]! / 500);
    const y = straighten(bent);
    const z = whiteZ * straighten(bent - b[pixel]! / 200);
    pixels[pixel * channels] = shade(3.2404813432 * x - 1.5371515163 * y - 0.4985363262 * z);
    pixels[pixel * channels + 1] = shade(-0.96925495 * x + 1.8759900015 * y + 0.0415559266 * z);
    pixels[pixel * channels + 2] = shade(0.0556466391 * x - 0.2040413384 * y + 1.0573110696 * z);
  }
  return pixels;
}

/** D65, with Y = 1. */
const whiteX = 0.950456;
const whiteZ = 1.088754;

/** Light of an sRGB value 0 … 255, as a share of the most. */
function light(value: number): number {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

const linear = Float64Array.from({ length: 256 }, (_, value) => light(value));
/** The light from which on a value is the nearest one. */
const begins = Float64Array.from({ length: 256 }, (_, value) => (value === 0 ? 0 : light(value - 0.5)));

/** The sRGB value of an amount of light: a step or two from a rough table, where a power would take most of the time. */
function shade(amount: number): number {
  let value = rough[Math.min(Math.max(Math.floor(amount * roughSteps), 0), roughSteps - 1)]!;
  while (value < 255 && amount >= begins[value + 1]!) value++;
  return value;
}

const roughSteps = 1024;
const rough = Uint8Array.from({ length: roughSteps }, (_, step) => {
  const next = begins.findIndex((begin) => begin > step / roughSteps);
  return next < 0 ? 255 : next - 1;
});

/** A cube root that is a straight line near black. */
const bend = (t: number): number => (t > kneeBefore ? Math.cbrt(t) : t / slope + 4 / 29);
const straighten = (t: number): number => (t > kneeAfter ? t * t * t : slope * (t - 4 / 29));
const kneeAfter = 6 / 29;
const kneeBefore = kneeAfter ** 3;
const slope = 3 * kneeAfter ** 2;
