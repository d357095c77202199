import type { Extent } from './resample.js';

export interface ClaheOptions {
  /** How often a level may occur in a tile, as a multiple of its even share. */
  readonly clip: number;
  /** Tiles along each side. */
  readonly tiles: number;
}

/**
 * Contrast limited adaptive histogram equalisation (Zuiderveld 1994) of a lightness channel 0 … 100, [height, width], kept. Every tile has
 * a table of its own, and between the middles of four tiles their tables are blended. An image that the tiles do not divide is mirrored
 * at its right and lower end.
 */
export function clahe(lightness: Float32Array, { width, height }: Extent, { clip, tiles }: ClaheOptions): Float32Array {
  if (width < tiles || height < tiles || lightness.length !== width * height) {
    throw new RangeError(`${lightness.length} pixels of ${width} × ${height} are not ${tiles} × ${tiles} tiles`);
  }
  const found = levelsOf(lightness);
  const tile = { width: Math.ceil(width / tiles), height: Math.ceil(height / tiles) };
  const tables = Array.from({ length: tiles * tiles }, (_, index) => {
    const [left, upper] = [(index % tiles) * tile.width, Math.floor(index / tiles) * tile.height];
    const counts = new Uint32Array(levels);
    for (let y = upper; y < upper + tile.height; y++) {
      for (let x = left; x < left + tile.width; x++)
        counts[found[mirrored(y, height) * width + mirrored(x, width)]!]!++;
    }
    return equalising(counts, clip);
  });
  const columns = Array.from({ length: width }, (_, x) => between(x, tile.width, tiles));
  const rows = Array.from({ length: height }, (_, y) => between(y, tile.height, tiles));
  const result = new Float32Array(lightness.length);
  for (let pixel = 0, y = 0; y < height; y++) {
    const row = rows[y]!;
    for (let x = 0; x < width; x++, pixel++) {
      const column = columns[x]!;
      const level = found[pixel]!;
      const at = (line: number, place: number): number => tables[line * tiles + place]![level]!;
      const upper = at(row.first, column.first) * (1 - column.share) + at(row.first, column.second) * column.share;
      const lower = at(row.second, column.first) * (1 - column.share) + at(row.second, column.second) * column.share;
      result[pixel] = ((upper * (1 - row.share) + lower * row.share) * lightest) / top;
    }
  }
  return result;
}

/** Lightness in 256 levels, to the nearest. */
function levelsOf(lightness: Float32Array): Uint8Array {
  const levelled = new Uint8ClampedArray(lightness.length);
  for (let pixel = 0; pixel < lightness.length; pixel++) levelled[pixel] = (lightness[pixel]! * top) / lightest;
  return new Uint8Array(levelled.buffer);
}

const lightest = 100;
const levels = 256;
const top = levels - 1;

/**
 * The table of a tile, from how often each of the 256 levels occurs in it. What is above the limit goes to all levels alike, the
 * remainder to levels at even steps.
 */
export function equalising(counts: Uint32Array, clip: number): Uint8Array {
  const pixels = counts.reduce((sum, count) => sum + count, 0);
  const limit = Math.max(1, Math.floor((clip * pixels) / levels));
  const limited = counts.map((count) => Math.min(count, limit));
  const excess = pixels - limited.reduce((sum, count) => sum + count, 0);
  const share = Math.floor(excess / levels);
  const remainder = excess - share * levels;
  const step = Math.max(1, Math.floor(levels / remainder));
  let sum = 0;
  return Uint8Array.from(limited, (count, level) => {
    const odd = level % step === 0 && level / step < remainder ? 1 : 0;
    sum += count + share + odd;
    return Math.round((sum * top) / pixels);
  });
}

/** The two tiles between whose middles a place lies, and how far it is towards the second. */
function between(place: number, length: number, tiles: number) {
  const position = (place + 0.5) / length - 0.5;
  const before = Math.floor(position);
  return { first: Math.max(0, before), second: Math.min(tiles - 1, before + 1), share: position - before };
}

/** Mirrored at the last pixel, which is not repeated. */
const mirrored = (place: number, length: number): number => (place < length ? place : 2 * (length - 1) - place);
