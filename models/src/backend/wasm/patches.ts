import type { tf } from '../tensorflow.js';
import type { WasmBackend } from './backend.js';
import { bytesPerFloat, scratch } from './heap.js';

/** The geometry of one convolution. */
export type Convolution = Pick<
  tf.backend_util.Conv2DInfo,
  | 'batchSize'
  | 'inHeight'
  | 'inWidth'
  | 'inChannels'
  | 'outHeight'
  | 'outWidth'
  | 'outChannels'
  | 'filterHeight'
  | 'filterWidth'
  | 'strideHeight'
  | 'strideWidth'
  | 'dilationHeight'
  | 'dilationWidth'
> & { readonly padInfo: Pick<tf.backend_util.Conv2DInfo['padInfo'], 'top' | 'left'> };

export const bytesPerPlace = 4;
/** Memory that the framed images of one chunk may take. */
const chunkBytes = 48 << 20;

export const tapsOf = (c: Convolution): number => c.filterHeight * c.filterWidth;

/** Some images, with the zeros around them that the filter meets, and where its patches lie. */
export interface Patches {
  /** The first image's address. */
  readonly image: number;
  /** Address of the byte offsets, 32-bit, of the patch of each output pixel from the image. */
  readonly places: number;
  /** Address of the byte offsets of the taps within a patch. */
  readonly taps: number;
  /** Output pixels of the chunk, and how many came before it. */
  readonly pixels: number;
  readonly firstPixel: number;
}

/** Hands on the images chunk by chunk, framed by zeros where the filter reaches past the edge, with the byte offsets of the taps. */
export function eachChunk(
  backend: WasmBackend,
  c: Convolution,
  image: number,
  use: (patches: Patches, taps: readonly number[]) => void,
): void {
  const height = Math.max(c.inHeight, (c.outHeight - 1) * c.strideHeight + span(c.filterHeight, c.dilationHeight));
  const width = Math.max(c.inWidth, (c.outWidth - 1) * c.strideWidth + span(c.filterWidth, c.dilationWidth));
  const frame = {
    height: Math.max(height, c.padInfo.top + c.inHeight),
    width: Math.max(width, c.padInfo.left + c.inWidth),
  };
  const pixelBytes = c.inChannels * bytesPerFloat;
  const imageBytes = frame.height * frame.width * pixelBytes;
  const asItLies = frame.height === c.inHeight && frame.width === c.inWidth;
  const chunk = Math.min(c.batchSize, Math.max(1, Math.floor(chunkBytes / imageBytes)));
  const taps = Array.from(
    { length: tapsOf(c) },
    (_, tap) =>
      (Math.floor(tap / c.filterWidth) * c.dilationHeight * frame.width + (tap % c.filterWidth) * c.dilationWidth) *
      pixelBytes,
  );
  const pixelsPerImage = c.outHeight * c.outWidth;
  const tableBytes = (taps.length + chunk * pixelsPerImage + 4) * bytesPerPlace;
  scratch(backend, tableBytes + (asItLies ? 0 : chunk * imageBytes), (memory) => {
    const table = new Int32Array(backend.wasm.HEAPU8.buffer, memory, tableBytes / bytesPerPlace);
    table.set(taps);
    let write = taps.length;
    for (let i = 0; i < chunk; i++) {
      for (let row = 0; row < c.outHeight; row++) {
        const start = i * imageBytes + row * c.strideHeight * frame.width * pixelBytes;
        for (let column = 0; column < c.outWidth; column++)
          table[write++] = start + column * c.strideWidth * pixelBytes;
      }
    }
    for (let first = 0; first < c.batchSize; first += chunk) {
      const images = Math.min(chunk, c.batchSize - first);
      const from = image + first * c.inHeight * c.inWidth * pixelBytes;
      if (!asItLies) frameImages(backend, c, from, images, memory + tableBytes, frame);
      use(
        {
          image: asItLies ? from : memory + tableBytes,
          places: memory + taps.length * bytesPerPlace,
          taps: memory,
          pixels: images * pixelsPerImage,
          firstPixel: first * pixelsPerImage,
        },
        taps,
      );
    }
  });
}

const span = (size: number, dilation: number) => (size - 1) * dilation + 1;

/** Copies images into frames of zeros. */
function frameImages(
  backend: WasmBackend,
  c: Convolution,
  from: number,
  images: number,
  to: number,
  frame: { readonly height: number; readonly width: number },
): void {
  const bytes = backend.wasm.HEAPU8;
  const pixelBytes = c.inChannels * bytesPerFloat;
  const [rowBytes, frameRow] = [c.inWidth * pixelBytes, frame.width * pixelBytes];
  const inset = (c.padInfo.top * frame.width + c.padInfo.left) * pixelBytes;
  bytes.fill(0, to, to + images * frame.height * frameRow);
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < c.inHeight; row++) {
      const start = from + (image * c.inHeight + row) * rowBytes;
      bytes.copyWithin(to + inset + (image * frame.height + row) * frameRow, start, start + rowBytes);
    }
  }
}
