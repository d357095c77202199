import type { WasmBackend } from './backend.js';
import { bytesPerFloat, padded, scratch, zero } from './heap.js';
import { bytesPerPlace, type Convolution, eachChunk } from './patches.js';
import { type Finish, panelColumns, panelRows } from './product.js';
import { simd } from './simd/index.js';

/**
 * Whether a convolution goes by tiles (see tiles.wat), which takes 4/9 of the multiplications: 3 × 3, stride 1, whole vectors of channels,
 * and tiles enough to pay for turning the filter.
 */
export const goesByTiles = (c: Convolution): boolean =>
  c.filterHeight === 3 &&
  c.filterWidth === 3 &&
  [c.strideHeight, c.strideWidth, c.dilationHeight, c.dilationWidth].every((step) => step === 1) &&
  [c.inChannels, c.outChannels].every(
    (channels) => channels % 4 === 0 && channels >= fewestChannels && channels <= mostChannels,
  ) &&
  c.batchSize * tilesAcross(c.outHeight) * tilesAcross(c.outWidth) >= fewestTiles;

/** As `convolve`. */
export function convolveByTiles(
  backend: WasmBackend,
  c: Convolution,
  image: number,
  filter: number,
  out: number,
  finish: Finish,
): void {
  const { product, tiles } = simd(backend);
  const [k, n] = [c.inChannels, c.outChannels];
  const least = finish.relu === true ? 0 : Number.NEGATIVE_INFINITY;
  const panels = k * padded(n, panelColumns) * bytesPerFloat;
  const zeros = padded(n, panelColumns) * bytesPerFloat;
  scratch(backend, zeros + components * panels, (memory) => {
    const factors = memory + zeros;
    zero(backend, memory, zeros);
    turnFilter(backend, c, filter, factors, panels);
    eachTileBlock(backend, c, image, forwardBytes, (block) => {
      const { count, from, step, to, toStep, panel } = block;
      tiles.imageToTiles(block.image, block.places, count, block.rowBytes, k * bytesPerFloat, from, step);
      for (let i = 0; i < components; i++) {
        product.packAlong(from + i * step, k * bytesPerFloat, count, k, panel, panelRows);
        const factor = factors + i * panels;
        const stride = n * bytesPerFloat;
        const target = to + i * toStep;
        product.multiplyPanels(panel, factor, k, count, n, target, stride, memory, 0, Number.NEGATIVE_INFINITY);
      }
      const { outPlaces, edges } = block;
      const [row, pixel] = [c.outWidth * n * bytesPerFloat, n * bytesPerFloat];
      tiles.tilesToImage(to, toStep, outPlaces, edges, count, row, pixel, out, finish.bias ?? memory, least);
    });
  });
}

/** As `correlate`. */
export function correlateByTiles(backend: WasmBackend, c: Convolution, image: number, dy: number, out: number): void {
  const { product, tiles } = simd(backend);
  const [m, n] = [c.inChannels, c.outChannels];
  const sums = m * n * bytesPerFloat;
  const zeros = padded(n, panelColumns) * bytesPerFloat;
  const slack = panelColumns * bytesPerFloat;
  const panelBytes = mostTiles * padded(n, panelColumns) * bytesPerFloat;
  scratch(backend, zeros + components * sums + slack + panelBytes, (memory) => {
    const total = memory + zeros;
    const panelsB = total + components * sums + slack;
    zero(backend, memory, zeros);
    let first = true;
    eachTileBlock(backend, c, image, backwardBytes, (block) => {
      const { count, from, step, to, toStep, panel } = block;
      tiles.imageToTiles(block.image, block.places, count, block.rowBytes, m * bytesPerFloat, from, step);
      const { outPlaces, edges } = block;
      const [row, pixel] = [c.outWidth * n * bytesPerFloat, n * bytesPerFloat];
      tiles.slopesToTiles(dy, outPlaces, edges, count, row, pixel, to, toStep);
      for (let i = 0; i < components; i++) {
        product.packAcross(from + i * step, m * bytesPerFloat, m, count, panel, panelRows);
        product.packAcross(to + i * toStep, n * bytesPerFloat, n, count, panelsB, panelColumns);
        const target = total + i * sums;
        const stride = n * bytesPerFloat;
        const [start, startStride] = first ? [memory, 0] : [target, stride];
        const none = Number.NEGATIVE_INFINITY;
        product.multiplyPanels(panel, panelsB, count, m, n, target, stride, start, startStride, none);
      }
      first = false;
    });
    tiles.filterFromTiles(total, m * n, out);
  });
}

const components = 16;
const fewestChannels = 16;
const mostChannels = 512;
const fewestTiles = 64;
const [leastTiles, mostTiles] = [32, 256];
/** Memory that the transformed tiles of a block may take: the second cache's, or more where few tiles would cost more. */
const forwardBytes = 768 << 10;
const backwardBytes = 2 << 20;

const tilesAcross = (size: number) => Math.ceil(size / 2);

/** The filter's components, packed as right factors. */
function turnFilter(backend: WasmBackend, c: Convolution, filter: number, to: number, panels: number): void {
  const { product, tiles } = simd(backend);
  const count = c.inChannels * c.outChannels;
  scratch(backend, components * count * bytesPerFloat + panelColumns * bytesPerFloat, (memory) => {
    tiles.filterToTiles(filter, count, memory);
    for (let i = 0; i < components; i++) {
      const from = memory + i * count * bytesPerFloat;
      const stride = c.outChannels * bytesPerFloat;
      product.packAcross(from, stride, c.outChannels, c.inChannels, to + i * panels, panelColumns);
    }
  });
}

/** Some tiles of framed images, and room for their components on either side of the products. */
interface TileBlock {
  readonly image: number;
  readonly rowBytes: number;
  readonly count: number;
  /** Addresses of the byte offsets of the tiles in the framed images and in the output, and of the output's edges. */
  readonly places: number;
  readonly outPlaces: number;
  readonly edges: number;
  readonly from: number;
  readonly step: number;
  readonly to: number;
  readonly toStep: number;
  /** Room for one component as a left factor. */
  readonly panel: number;
}

function eachTileBlock(
  backend: WasmBackend,
  c: Convolution,
  image: number,
  cacheBytes: number,
  use: (block: TileBlock) => void,
): void {
  const [down, across] = [tilesAcross(c.outHeight), tilesAcross(c.outWidth)];
  const lattice = {
    ...c,
    filterHeight: 4,
    filterWidth: 4,
    strideHeight: 2,
    strideWidth: 2,
    outHeight: down,
    outWidth: across,
  };
  const perTile = components * (c.inChannels + c.outChannels) * bytesPerFloat;
  const most = Math.max(leastTiles, Math.min(mostTiles, padded(Math.floor(cacheBytes / perTile), panelRows)));
  const [step, toStep] = [most * c.inChannels * bytesPerFloat, most * c.outChannels * bytesPerFloat];
  const all = c.batchSize * down * across;
  const slack = panelColumns * bytesPerFloat;
  const bytes = { tables: 2 * all * bytesPerPlace, tiles: components * (step + toStep) + slack, panel: step };
  scratch(backend, bytes.tables + bytes.tiles + bytes.panel, (memory) => {
    layTables(new Int32Array(backend.wasm.HEAPU8.buffer, memory, 2 * all), c, down, across);
    const from = memory + bytes.tables;
    eachChunk(backend, lattice, image, (patches, taps) => {
      for (let tile = 0; tile < patches.pixels; tile += most) {
        const outPlaces = memory + (patches.firstPixel + tile) * bytesPerPlace;
        use({
          image: patches.image,
          rowBytes: taps[4] ?? 0,
          count: Math.min(most, patches.pixels - tile),
          places: patches.places + tile * bytesPerPlace,
          outPlaces,
          edges: outPlaces + all * bytesPerPlace,
          from,
          step,
          to: from + components * step,
          toStep,
          panel: from + bytes.tiles,
        });
      }
    });
  });
}

/** Byte offsets of the tiles in the output, then their edges: 1 with a right column, 2 with a bottom row. */
function layTables(table: Int32Array, c: Convolution, down: number, across: number): void {
  const pixelBytes = c.outChannels * bytesPerFloat;
  const all = c.batchSize * down * across;
  let at = 0;
  for (let image = 0; image < c.batchSize; image++) {
    for (let row = 0; row < down; row++) {
      const bottom = 2 * row + 1 < c.outHeight ? 2 : 0;
      for (let column = 0; column < across; column++) {
        table[at] = ((image * c.outHeight + 2 * row) * c.outWidth + 2 * column) * pixelBytes;
        table[all + at] = bottom + (2 * column + 1 < c.outWidth ? 1 : 0);
        at++;
      }
    }
  }
}
