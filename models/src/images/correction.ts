import { type ClaheOptions, clahe } from './clahe.js';
import { fromLab, toLab } from './lab.js';
import { median3 } from './median.js';
import { square } from './picture.js';
import { restain, type StainMoments } from './stain.js';

/** What is done to every image of a run alike, in this order; null or false: not done. */
export interface Correction {
  readonly clahe: ClaheOptions | null;
  /** The reference that every image's stain is brought to. Its moments are taken after the equalisation. */
  readonly stain: StainMoments | null;
  readonly median: boolean;
}

/** The corrected image, [side, side, 3], kept. What it becomes follows from it alone and from the settings. */
export function corrected(pixels: Uint8Array, side: number, correction: Correction): Uint8Array {
  const coloured = colours(square(pixels, side).pixels, side, correction);
  return correction.median ? median3(square(coloured, side)) : coloured;
}

function colours(pixels: Uint8Array, side: number, { clahe: contrast, stain }: Correction): Uint8Array {
  if (contrast === null && stain === null) return pixels.slice();
  const lab = toLab(pixels);
  const extent = { width: side, height: side };
  const equal = contrast === null ? lab : { ...lab, lightness: clahe(lab.lightness, extent, contrast) };
  return fromLab(stain === null ? equal : restain(equal, stain));
}
