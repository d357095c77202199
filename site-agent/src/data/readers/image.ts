import { fail } from '@consilium/shared/errors';
import type { Sharp, SharpOptions } from 'sharp';
import { decodeBmp } from './bmp.js';
import { readWhole } from './file-bytes.js';

/** An image as colours alone: 8 bits each of red, green and blue, row-major [height, width, 3]. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Largest image, in pixels: 100 MB decoded. A cell takes some hundredth of a million, a field of a microscope a few million. */
const maxPixels = 2 ** 25;
/** Largest file: such an image uncompressed. */
const maxFileBytes = 2 ** 27;

const refuse = (problem: string): never => fail('CSM-DATA-IMAGE', { problem });

/** What is used of the sharp package. */
interface ImageLibrary {
  (bytes: Uint8Array, options: SharpOptions): Sharp;
  readonly concurrency: (threads: number) => unknown;
  readonly cache: (on: boolean) => unknown;
  readonly block: (what: { operation: string[] }) => unknown;
  readonly unblock: (what: { operation: string[] }) => unknown;
}

const loadSharp = async (): Promise<ImageLibrary> => (await import('sharp')).default;

/** Reads an image file. @throws as `decodeImage`; a file that is not there or too large is CSM-DATA-IMAGE too */
export const readImage = async (path: string): Promise<RgbImage> =>
  decodeImage(await readWhole(path, maxFileBytes, refuse));

/**
 * Decodes JPEG, PNG, TIFF (its first page) or BMP, told by the bytes and not by a name. Colours are brought to sRGB, the camera's turn is
 * applied, transparency is laid on white; everything else that the file says (place, time, name) is left behind.
 * @param load the decoding library, loaded when the first image comes
 * @throws CSM-DATA-IMAGE, CSM-DATA-IMAGE-LIBRARY
 */
export async function decodeImage(bytes: Uint8Array, load: () => Promise<ImageLibrary> = loadSharp): Promise<RgbImage> {
  const format = formatOf(bytes) ?? refuse('it is neither JPEG nor PNG nor TIFF nor BMP');
  if (format === 'bmp') return decodeBmp(bytes, maxPixels, refuse);
  const library = await prepared(load);
  const { data, info } = await library(bytes, { limitInputPixels: maxPixels, failOn: 'warning', pages: 1 })
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch(() => refuse('it is damaged, or larger than 33 million pixels'));
  return { width: info.width, height: info.height, pixels: rgb(data, info.channels) };
}

const beginnings = [
  { format: 'jpeg', bytes: [0xff, 0xd8, 0xff] },
  { format: 'png', bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] },
  { format: 'tiff', bytes: [0x49, 0x49, 0x2a, 0x00] },
  { format: 'tiff', bytes: [0x4d, 0x4d, 0x00, 0x2a] },
  { format: 'bmp', bytes: [0x42, 0x4d] },
] as const;

const formatOf = (bytes: Uint8Array) =>
  beginnings.find((beginning) => beginning.bytes.every((byte, index) => bytes[index] === byte))?.format;

/** Formats with libraries of their own, and those that fetch or run something (SVG, PDF), stay shut. */
const readers = ['Jpeg', 'Png', 'Tiff'].map((format) => `VipsForeignLoad${format}Buffer`);

let ready: Promise<ImageLibrary> | null = null;

function prepared(load: () => Promise<ImageLibrary>): Promise<ImageLibrary> {
  if (load !== loadSharp) return start(load);
  ready ??= start(load);
  return ready;
}

async function start(load: () => Promise<ImageLibrary>): Promise<ImageLibrary> {
  try {
    const library = await load();
    library.concurrency(1);
    library.cache(false);
    library.block({ operation: ['VipsForeignLoad'] });
    library.unblock({ operation: readers });
    return library;
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'it does not start';
    return fail('CSM-DATA-IMAGE-LIBRARY', { platform: `${process.platform}-${process.arch}`, reason }, { cause });
  }
}

/** Three channels of what has one (grey) or three. */
function rgb(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return data;
  if (channels !== 1) return refuse('it has other channels than grey or red, green and blue');
  const pixels = new Uint8Array(3 * data.length);
  for (let index = 0; index < data.length; index++) pixels.fill(data[index]!, 3 * index, 3 * index + 3);
  return pixels;
}
