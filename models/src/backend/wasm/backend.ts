import type { tf } from '../tensorflow.js';

/** What the compiled module offers of which the kernels make use. */
export interface WasmModule {
  /** The whole heap. Growth replaces it: read it again after every allocation. */
  readonly HEAPU8: Uint8Array;
  _malloc: (bytes: number) => number;
  readonly _free: (address: number) => void;
  /** The compiled module's own exports, its memory among them. */
  readonly asm: { readonly memory: object };
}

/** Where a tensor's values lie. `memoryOffset` is in bytes. */
interface TensorData {
  readonly memoryOffset: number;
}

/** The part of TensorFlow.js' `BackendWasm` that the kernels stand on. */
export interface WasmBackend {
  readonly wasm: WasmModule;
  readonly dataIdMap: { readonly get: (dataId: object) => TensorData };
  readonly numDataIds: () => number;
  /** Allocates a tensor whose values are not set. */
  readonly makeOutput: (shape: number[], dtype: tf.DataType) => tf.TensorInfo;
  /** How many tensors hold these values. */
  readonly refCount: (dataId: object) => number;
  readonly incRef: (dataId: object) => void;
  readonly disposeData: (dataId: object) => boolean;
}
