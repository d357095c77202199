import type { WasmBackend } from './backend.js';
import { bytesPerFloat, padded, scratch, zero } from './heap.js';
import { type Simd, simd } from './simd/index.js';

/** A matrix where it lies on the heap: value (i, j) at `address + 4 · (i · rowStride + j · columnStride)`; one stride is 1. */
export interface Placed {
  readonly address: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

export interface ProductSize {
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** What happens to the product on its way to memory. */
export interface Finish {
  /** Address of n values added to each row. */
  readonly bias?: number;
  readonly relu?: boolean;
}

/**
 * out [m, n], row-major at `pair.out`, = a [m, k] · b [k, n], each factor transposed or not by its strides; all nonempty.
 *
 * Both factors are packed block by block into panels that the caches hold (Goto & van de Geijn, "Anatomy of high-performance matrix
 * multiplication", 2008), which also turns a transposed one: no form of the product is slower than another. Sums run over k in order, in
 * blocks of `innerBlock`: equal inputs give equal bits.
 */
export function multiply(
  backend: WasmBackend,
  a: Placed,
  b: Placed,
  out: number,
  size: ProductSize,
  finish: Finish = {},
): void {
  const kernels = simd(backend);
  inPanels(backend, size, (place) => {
    block(kernels, a, b, out, size, finish, place);
  });
}

/** Addresses of the factors and of the result of each product of a batch. */
export interface Batch {
  readonly count: number;
  readonly a: (pair: number) => number;
  readonly b: (pair: number) => number;
  readonly out: number;
  /** Bytes from one factor to the next where they follow each other at equal steps: then the whole batch is one call. */
  readonly steps: { readonly a: number; readonly b: number } | null;
}

type Layout = Omit<Placed, 'address'>;

/** The same for many pairs of one size and one layout; the results lie one behind the other. */
export function multiplyEach(backend: WasmBackend, a: Layout, b: Layout, batch: Batch, size: ProductSize): void {
  const kernels = simd(backend);
  const { m, k, n } = size;
  inPanels(backend, size, (place) => {
    if (batch.steps !== null && m <= rowBlock && k <= innerBlock) {
      const [aAlong, aStride] = a.columnStride === 1 ? ([1, a.rowStride] as const) : ([0, a.columnStride] as const);
      const [bAlong, bStride] = b.columnStride === 1 ? ([0, b.rowStride] as const) : ([1, b.columnStride] as const);
      const factorA = [batch.a(0), batch.steps.a, aStride * bytesPerFloat, aAlong] as const;
      const factorB = [batch.b(0), batch.steps.b, bStride * bytesPerFloat, bAlong] as const;
      const places = [batch.out, place.zeros, place.a, place.b] as const;
      kernels.product.multiplyPairs(batch.count, m, k, n, ...factorA, ...factorB, ...places);
      return;
    }
    for (let pair = 0; pair < batch.count; pair++) {
      const placedA = { ...a, address: batch.a(pair) };
      const placedB = { ...b, address: batch.b(pair) };
      block(kernels, placedA, placedB, batch.out + pair * m * n * bytesPerFloat, size, {}, place);
    }
  });
}

function inPanels(backend: WasmBackend, size: ProductSize, use: (place: Workplace) => void): void {
  const bytes = panelBytes(size);
  scratch(backend, bytes.zeros + bytes.b + bytes.a, (memory) => {
    zero(backend, memory, bytes.zeros);
    use({ zeros: memory, b: memory + bytes.zeros, a: memory + bytes.zeros + bytes.b });
  });
}

/** Values of k, and rows of a, that are packed at once: one panel of each stays in the first cache, all of a's in the second. */
const innerBlock = 512;
export const rowBlock = 256;
/** Rows of a, and columns of b, in one packed panel. */
export const panelRows = 4;
export const panelColumns = 8;

const panelBytes = ({ m, k, n }: ProductSize) => {
  const inner = Math.min(k, innerBlock);
  return {
    zeros: padded(n, panelColumns) * bytesPerFloat,
    b: inner * padded(n, panelColumns) * bytesPerFloat,
    a: inner * padded(Math.min(m, rowBlock), panelRows) * bytesPerFloat,
  };
};

interface Workplace {
  readonly zeros: number;
  readonly a: number;
  readonly b: number;
}

function block(
  { product }: Simd,
  a: Placed,
  b: Placed,
  out: number,
  { m, k, n }: ProductSize,
  { bias, relu = false }: Finish,
  place: Workplace,
): void {
  const outStride = n * bytesPerFloat;
  for (let inner = 0; inner < k; inner += innerBlock) {
    const depth = Math.min(innerBlock, k - inner);
    const least = relu && inner + depth === k ? 0 : Number.NEGATIVE_INFINITY;
    const bAt = b.address + inner * b.rowStride * bytesPerFloat;
    if (b.columnStride === 1) product.packAcross(bAt, b.rowStride * bytesPerFloat, n, depth, place.b, panelColumns);
    else product.packAlong(bAt, b.columnStride * bytesPerFloat, n, depth, place.b, panelColumns);
    for (let top = 0; top < m; top += rowBlock) {
      const rows = Math.min(rowBlock, m - top);
      const aAt = a.address + (top * a.rowStride + inner * a.columnStride) * bytesPerFloat;
      if (a.columnStride === 1) product.packAlong(aAt, a.rowStride * bytesPerFloat, rows, depth, place.a, panelRows);
      else product.packAcross(aAt, a.columnStride * bytesPerFloat, rows, depth, place.a, panelRows);
      const target = out + top * outStride;
      const [start, startStride] = inner === 0 ? [bias ?? place.zeros, 0] : [target, outStride];
      product.multiplyPanels(place.a, place.b, depth, rows, n, target, outStride, start, startStride, least);
    }
  }
}
