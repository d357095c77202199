import type { RgbImage } from './image.js';

type Problem = (problem: string) => never;

/**
 * Decodes an uncompressed BMP of 8 (with palette), 24 or 32 bits a pixel, from the bottom up or from the top down. libvips reads none, and
 * old microscopes write them. A fourth byte of a pixel is passed over: most programs leave it 0, which would be fully transparent.
 * Format: BITMAPFILEHEADER, BITMAPINFOHEADER (Microsoft).
 */
export function decodeBmp(bytes: Uint8Array, maxPixels: number, refuse: Problem): RgbImage {
  if (bytes.length < headerBytes) refuse('it is cut short');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dataStart = view.getUint32(10, true);
  const infoBytes = view.getUint32(14, true);
  if (infoBytes < infoHeaderBytes || infoBytes > longestInfoHeaderBytes) refuse('its header is of an unknown kind');
  const width = view.getInt32(18, true);
  const signedHeight = view.getInt32(22, true);
  const height = Math.abs(signedHeight);
  const bits = view.getUint16(28, true);
  if (width <= 0 || height === 0) refuse('it has no pixels');
  if (width * height > maxPixels) refuse(`it has more than ${maxPixels} pixels`);
  if (bits !== 8 && bits !== 24 && bits !== 32) refuse('its pixels have neither 8 nor 24 nor 32 bits');
  if (!isPlain(view, bits)) refuse('its pixels are compressed');
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  if (dataStart + rowBytes * height > bytes.length) refuse('it is cut short');

  const palette = bits === 8 ? paletteOf(view, dataStart, infoBytes, refuse) : null;
  const step = bits / 8;
  const pixels = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const line = signedHeight < 0 ? row : height - 1 - row;
    for (let column = 0; column < width; column++) {
      const at = dataStart + line * rowBytes + column * step;
      const from = palette ? palette.start + 4 * bytes[at]! : at;
      if (palette && bytes[at]! >= palette.colours) refuse('a pixel has a colour that its palette lacks');
      const to = 3 * (row * width + column);
      pixels[to] = bytes[from + 2]!;
      pixels[to + 1] = bytes[from + 1]!;
      pixels[to + 2] = bytes[from]!;
    }
  }
  return { width, height, pixels };
}

const fileHeaderBytes = 14;
const infoHeaderBytes = 40;
const longestInfoHeaderBytes = 124;
const headerBytes = fileHeaderBytes + infoHeaderBytes;
const uncompressed = 0;
const byMasks = 3;

/** Uncompressed, or with the masks that say the usual order of blue, green and red. */
function isPlain(view: DataView, bits: number): boolean {
  const compression = view.getUint32(30, true);
  if (compression === uncompressed) return true;
  if (compression !== byMasks || bits !== 32 || view.byteLength < headerBytes + 12) return false;
  return [0xff0000, 0xff00, 0xff].every((mask, index) => view.getUint32(headerBytes + 4 * index, true) === mask);
}

function paletteOf(view: DataView, dataStart: number, infoBytes: number, refuse: Problem) {
  const start = fileHeaderBytes + infoBytes;
  const colours = view.getUint32(46, true) || 256;
  if (colours > 256 || start + 4 * colours > dataStart) refuse('its palette does not fit');
  return { start, colours };
}
