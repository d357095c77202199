import { channels, square } from './picture.js';
import { resample } from './resample.js';

/**
 * The image [side, side, 3] with a map of what counted laid over it: [mapSide, mapSide], drawn larger, as strong as its share of the map's
 * largest value, from yellow to red. Where the map is 0 or below, the image shows as it is.
 */
export function heatOverlay(pixels: Uint8Array, side: number, map: Float32Array, mapSide: number): Uint8Array {
  if (map.length !== mapSide * mapSide)
    throw new RangeError(`${map.length} values are no map of ${mapSide} × ${mapSide}`);
  const from = { width: mapSide, height: mapSide, channels: 1 };
  const heat = resample(map, from, { width: side, height: side });
  const largest = heat.reduce((most, value) => Math.max(most, value), 0);
  return square(pixels, side).pixels.map((value, index) => {
    const strength = largest === 0 ? 0 : Math.max(0, heat[Math.floor(index / channels)]! / largest);
    const channel = index % channels;
    const colour = weak[channel]! + (strong[channel]! - weak[channel]!) * strength;
    return Math.round(value + (colour - value) * strength * densest);
  });
}

const weak = [255, 220, 0] as const;
const strong = [215, 0, 30] as const;
/** Share of the heat's own colour where it is strongest: the cell stays visible below it. */
const densest = 0.7;
