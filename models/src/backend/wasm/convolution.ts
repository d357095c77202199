import type { WasmBackend } from './backend.js';
import { bytesPerFloat, padded, scratch, zero } from './heap.js';
import { bytesPerPlace, type Convolution, eachChunk, tapsOf } from './patches.js';
import { type Finish, multiply, panelColumns, panelRows, rowBlock } from './product.js';
import { simd } from './simd/index.js';
import { convolveByTiles, correlateByTiles, goesByTiles } from './tiles.js';

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
  if (goesByTiles(c)) {
    convolveByTiles(backend, c, image, filter, out, finish);
    return;
  }
  const { product } = simd(backend);
  const outStride = c.outChannels * bytesPerFloat;
  eachChunk(backend, c, image, (patches) => {
    const groups = tapGroups(c);
    const depth = Math.max(...groups.map(({ count }) => count)) * c.inChannels;
    const width = padded(c.outChannels, panelColumns);
    const bytes = { zeros: width, b: depth * width, a: depth * padded(Math.min(patches.pixels, rowBlock), panelRows) };
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
  if (goesByTiles(c)) {
    correlateByTiles(backend, c, image, dy, out);
    return;
  }
  const { product } = simd(backend);
  const outStride = c.outChannels * bytesPerFloat;
  const width = padded(c.outChannels, panelColumns);
  const bytes = { zeros: width, b: pixelBlock * width, a: pixelBlock * padded(c.inChannels, panelRows) };
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

const pixelBlock = 256;
/** Products of k values stay within the first cache up to here. */
const depthLimit = 384;

const rowsAt = (address: number, columns: number) => ({ address, rowStride: columns, columnStride: 1 });

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
