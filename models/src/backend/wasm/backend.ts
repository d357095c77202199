import type { tf } from '../tensorflow.js';

/** One kernel of the compiled module, as Emscripten's `cwrap` returns it. */
export type NativeFunction = (...values: readonly (number | boolean | Uint8Array)[]) => unknown;

/** What the compiled module offers of which the kernels make use. */
export interface WasmModule {
  /** The whole heap. Growth replaces it: read it again after every allocation. */
  readonly HEAPU8: Uint8Array;
  _malloc: (bytes: number) => number;
  readonly _free: (address: number) => void;
  readonly cwrap: (name: string, result: null, parameters: readonly ('number' | 'array')[]) => NativeFunction;
  /** The compiled module's own exports, its memory among them. */
  readonly asm: { readonly memory: object };
  readonly tfjs: { readonly disposeData: (id: number) => void };
}

/** Where a tensor's values lie. `memoryOffset` is in bytes. */
interface TensorData {
  readonly id: number;
  readonly memoryOffset: number;
}

/** The part of TensorFlow.js' `BackendWasm` that the kernels stand on. */
export interface WasmBackend {
  readonly wasm: WasmModule;
  readonly dataIdMap: {
    readonly get: (dataId: object) => TensorData;
    readonly delete: (dataId: object) => boolean;
  };
  readonly numDataIds: () => number;
  /** Allocates a tensor whose values are not set, or registers one that lies at `memoryOffset`. */
  readonly makeOutput: (shape: number[], dtype: tf.DataType, memoryOffset?: number) => tf.TensorInfo;
  readonly disposeData: (dataId: object) => boolean;
}
