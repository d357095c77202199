import type { WasmBackend } from '../backend.js';
import { modules } from './modules.js';

/** What product.wat exports; see there. Addresses and strides are bytes, counts are values. */
interface ProductExports {
  readonly packAlong: (
    from: number,
    laneStride: number,
    lanes: number,
    k: number,
    to: number,
    width: PanelWidth,
  ) => void;
  readonly packAcross: (from: number, kStride: number, lanes: number, k: number, to: number, width: PanelWidth) => void;
  readonly transpose: (
    from: number,
    laneStride: number,
    lanes: number,
    k: number,
    to: number,
    toStride: number,
  ) => void;
  readonly packPatchesAlong: (
    image: number,
    places: number,
    pixels: number,
    taps: number,
    tapCount: number,
    channels: number,
    to: number,
  ) => void;
  readonly packPatchesAcross: (at: number, places: number, pixels: number, channels: number, to: number) => void;
  readonly multiplyPairs: (
    count: number,
    m: number,
    k: number,
    n: number,
    a: number,
    aStep: number,
    aStride: number,
    aAlong: 0 | 1,
    b: number,
    bStep: number,
    bStride: number,
    bAlong: 0 | 1,
    out: number,
    start: number,
    panelsA: number,
    panelsB: number,
  ) => void;
  readonly multiplyPanels: (
    a: number,
    b: number,
    k: number,
    rows: number,
    columns: number,
    out: number,
    outStride: number,
    start: number,
    startStride: number,
    least: number,
  ) => void;
}

/** Rows of A, or columns of B, in one packed panel. */
type PanelWidth = 4 | 8;

/** The kernels of this folder's .wat files, at work on the heap of the backend's own module. */
export interface Simd {
  readonly product: ProductExports;
}

type Memory = object;

/** The part of the WebAssembly API in use here; TypeScript describes it in its browser library alone. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly heap: { readonly memory: Memory } },
  ) => { readonly exports: unknown };
};

const opened = new WeakMap<WasmBackend, Simd>();

/** The SIMD kernels of a backend; they are compiled at the first call. */
export function simd(backend: WasmBackend): Simd {
  const known = opened.get(backend);
  if (known !== undefined) return known;
  const imports = { heap: { memory: backend.wasm.asm.memory } };
  const open = (name: keyof typeof modules): unknown =>
    new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(modules[name], 'base64')), imports).exports;
  // The .wat files say what each exports; a test calls every one.
  const kernels = { product: open('product') } as Simd;
  opened.set(backend, kernels);
  return kernels;
}
