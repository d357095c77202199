import type { WasmBackend } from '../backend.js';
import type { Simd } from './exports.js';
import { modules } from './modules.js';

type Memory = object;

/** The part of the WebAssembly API in use here; TypeScript describes it in its browser library alone. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly heap: { readonly memory: Memory } },
  ) => { readonly exports: unknown };
};

const names = Object.keys(modules) as readonly (keyof typeof modules)[];

const opened = new WeakMap<WasmBackend, Simd>();

/** The SIMD kernels of a backend; they are compiled at the first call. */
export function simd(backend: WasmBackend): Simd {
  const known = opened.get(backend);
  if (known !== undefined) return known;
  const imports = { heap: { memory: backend.wasm.asm.memory } };
  const open = (name: keyof typeof modules): unknown =>
    new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(modules[name], 'base64')), imports).exports;
  // The .wat files say what each exports; a test calls every one.
  const kernels = Object.fromEntries(names.map((name) => [name, open(name)])) as unknown as Simd;
  opened.set(backend, kernels);
  return kernels;
}
