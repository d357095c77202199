import type { tf } from '../tensorflow.js';
import type { WasmBackend } from './backend.js';
import { scratch } from './heap.js';
import { bytesPerFloat, type Finish, multiply, padded, rowBlock, zero } from './product.js';
import { simd } from './simd/index.js';

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

/**
 * out [batch, outHeight, outWidth, outChannels] = image [batch, inHeight, inWidth, inChannels] under a filter
 * [filterHeight, filterWidth, inChannels, outChannels], all by address: a product whose left factor, the patches, is only ever formed in
 * the panels that the product packs.
 */
export function convolve(
  backend: WasmBackend,
  c: Convolution,
  image: number,
  filter: number,
  out: number,
  finish: Finish = {},
): void {
  if (isPointwise(c)) {
    const size = { m: c.batchSize * c.outHeight * c.outWidth, k: c.inChannels, n: c.outChannels };
    multiply(backend, rowsAt(image, size.k), rowsAt(filter, size.n), out, size, finish);
    return;
  }
  const { product } = simd(backend);
  const outStride = c.outChannels * bytesPerFloat;
  eachChunk(backend, c, image, (patches) => {
    const groups = tapGroups(c);
    const depth = Math.max(...groups.map(({ count }) => count)) * c.inChannels;
    const width = padded(c.outChannels, panelColumns);
    const bytes = { zeros: width, b: depth * width, a: depth * padded(Math.min(patches.pixels, rowBlock), 4) };
    scratch(backend, (bytes.zeros + bytes.b + bytes.a) * bytesPerFloat, (memory) => {
      const panelsB = memory + bytes.zeros * bytesPerFloat;
      const panelsA = panelsB + bytes.b * bytesPerFloat;
      zero(backend, memory, bytes.zeros * bytesPerFloat);
      for (const { first, count } of groups) {
        const k = count * c.inChannels;
        const least = finish.relu === true && first + count === tapsOf(c) ? 0 : Number.NEGATIVE_INFINITY;
        product.packAcross(
          filter + first * c.inChannels * outStride,
          outStride,
          c.outChannels,
          k,
          panelsB,
          panelColumns,
        );
        for (let pixel = 0; pixel < patches.pixels; pixel += rowBlock) {
          const rows = Math.min(rowBlock, patches.pixels - pixel);
          const places = patches.places + pixel * bytesPerPlace;
          const taps = patches.taps + first * bytesPerPlace;
          product.packPatchesAlong(patches.image, places, rows, taps, count, c.inChannels, panelsA);
          const target = out + (patches.firstPixel + pixel) * outStride;
          const [start, startStride] = first === 0 ? [finish.bias ?? memory, 0] : [target, outStride];
          product.multiplyPanels(
            panelsA,
            panelsB,
            k,
            rows,
            c.outChannels,
            target,
            outStride,
            start,
            startStride,
            least,
          );
        }
      }
    });
  });
}

/**
 * The gradient by the filter, out [filterHeight, filterWidth, inChannels, outChannels], from the image and the slope dy
 * [batch, outHeight, outWidth, outChannels]: for each tap a product summed over the pixels.
 */
export function correlate(backend: WasmBackend, c: Convolution, image: number, dy: number, out: number): void {
  if (isPointwise(c)) {
    const size = { m: c.inChannels, k: c.batchSize * c.outHeight * c.outWidth, n: c.outChannels };
    const turned = { address: image, rowStride: 1, columnStride: c.inChannels };
    multiply(backend, turned, rowsAt(dy, size.n), out, size);
    return;
  }
  const { product } = simd(backend);
  const outStride = c.outChannels * bytesPerFloat;
  const width = padded(c.outChannels, panelColumns);
  const bytes = { zeros: width, b: pixelBlock * width, a: pixelBlock * padded(c.inChannels, 4) };
  eachChunk(backend, c, image, (patches, tapOffsets) => {
    scratch(backend, (bytes.zeros + bytes.b + bytes.a) * bytesPerFloat, (memory) => {
      const panelsB = memory + bytes.zeros * bytesPerFloat;
      const panelsA = panelsB + bytes.b * bytesPerFloat;
      zero(backend, memory, bytes.zeros * bytesPerFloat);
      for (let pixel = 0; pixel < patches.pixels; pixel += pixelBlock) {
        const k = Math.min(pixelBlock, patches.pixels - pixel);
        const slope = dy + (patches.firstPixel + pixel) * outStride;
        const places = patches.places + pixel * bytesPerPlace;
        product.packAcross(slope, outStride, c.outChannels, k, panelsB, panelColumns);
        for (const [tap, offset] of tapOffsets.entries()) {
          product.packPatchesAcross(patches.image + offset, places, k, c.inChannels, panelsA);
          const target = out + tap * c.inChannels * outStride;
          const [start, startStride] = patches.firstPixel + pixel === 0 ? [memory, 0] : [target, outStride];
          product.multiplyPanels(
            panelsA,
            panelsB,
            k,
            c.inChannels,
            c.outChannels,
            target,
            outStride,
            start,
            startStride,
            Number.NEGATIVE_INFINITY,
          );
        }
      }
    });
  });
}

const panelColumns = 8;
const pixelBlock = 256;
const bytesPerPlace = 4;
/** Products of k values stay within the first cache up to here. */
const depthLimit = 384;
/** Memory that the padded images of one chunk may take. */
const chunkBytes = 48 << 20;

const rowsAt = (address: number, columns: number) => ({ address, rowStride: columns, columnStride: 1 });
const tapsOf = (c: Convolution) => c.filterHeight * c.filterWidth;

const isPointwise = (c: Convolution): boolean =>
  tapsOf(c) === 1 && c.outHeight === c.inHeight && c.outWidth === c.inWidth && c.padInfo.top + c.padInfo.left === 0;

/** The taps in groups whose values fit one packed panel, as even as can be. */
function tapGroups(c: Convolution): readonly { readonly first: number; readonly count: number }[] {
  const taps = tapsOf(c);
  const most = Math.max(1, Math.floor(depthLimit / c.inChannels));
  const size = Math.ceil(taps / Math.ceil(taps / most));
  return Array.from({ length: Math.ceil(taps / size) }, (_, group) => ({
    first: group * size,
    count: Math.min(size, taps - group * size),
  }));
}

/** Some images, with the zeros around them that the filter meets, and where its patches lie. */
interface Patches {
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

function eachChunk(
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
  const [rowBytes, frameRow] = [c.inWidth, frame.width].map((width) => width * c.inChannels * bytesPerFloat) as Two;
  const inset = (c.padInfo.top * frame.width + c.padInfo.left) * c.inChannels * bytesPerFloat;
  bytes.fill(0, to, to + images * frame.height * frameRow);
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < c.inHeight; row++) {
      const start = from + (image * c.inHeight + row) * rowBytes;
      bytes.copyWithin(to + inset + (image * frame.height + row) * frameRow, start, start + rowBytes);
    }
  }
}

type Two = [number, number];
