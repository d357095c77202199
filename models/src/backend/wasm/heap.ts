import type { NumericDataType } from '@tensorflow/tfjs';
import { tf } from '../tensorflow.js';
import type { WasmBackend } from './backend.js';

/** A tensor's first byte on the heap. Above 2 GiB the module hands out negative numbers, hence the shift. */
export function address(backend: WasmBackend, tensor: tf.TensorInfo): number {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset >>> 0;
}

/** A tensor's float values in place, row-major. Valid until the next allocation. */
export function floats(backend: WasmBackend, tensor: tf.TensorInfo): Float32Array {
  return new Float32Array(backend.wasm.HEAPU8.buffer, address(backend, tensor), tf.util.sizeFromShape(tensor.shape));
}

/** A tensor's 32-bit integers in place. Valid until the next allocation. */
export function integers(backend: WasmBackend, tensor: tf.TensorInfo): Int32Array {
  return new Int32Array(backend.wasm.HEAPU8.buffer, address(backend, tensor), tf.util.sizeFromShape(tensor.shape));
}

/** A tensor's values of any numeric type, as bit patterns to be copied. Valid until the next allocation. */
export function cells(backend: WasmBackend, tensor: tf.TensorInfo): Int32Array | Uint8Array {
  if (tf.util.bytesPerElement(tensor.dtype) === 4) return integers(backend, tensor);
  return new Uint8Array(backend.wasm.HEAPU8.buffer, address(backend, tensor), tf.util.sizeFromShape(tensor.shape));
}

/** A new tensor on the heap, values not set. */
export const allocate = (
  backend: WasmBackend,
  shape: readonly number[],
  dtype: NumericDataType | 'bool' = 'float32',
): tf.TensorInfo => backend.makeOutput([...shape], dtype);

/** How many values a tensor holds. */
export const sizeOf = (tensor: tf.TensorInfo): number => tf.util.sizeFromShape(tensor.shape);

/** The same values under another shape of the same size. */
export const reshaped = (tensor: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo => ({
  dataId: tensor.dataId,
  shape: [...shape],
  dtype: tensor.dtype,
});

/** Gives a kernel's intermediates back. */
export function free(backend: WasmBackend, ...tensors: readonly tf.TensorInfo[]): void {
  for (const tensor of tensors) backend.disposeData(tensor.dataId);
}

/**
 * Bytes behind every tensor that nobody owns: SIMD kernels go by fours, and may read and write past the last value. Memory is laid out so
 * when the backend starts.
 */
export const slackBytes = 64;

/** Lends memory for the time of a call; its first byte is a multiple of 8. */
export function scratch<T>(backend: WasmBackend, bytes: number, use: (memory: number) => T): T {
  const memory = backend.wasm._malloc(bytes) >>> 0;
  try {
    return use(memory);
  } finally {
    backend.wasm._free(memory);
  }
}

/** Runs another kernel of the wasm backend. The caller frees the result. */
export function callKernel(
  backend: WasmBackend,
  name: string,
  inputs: Readonly<Record<string, tf.TensorInfo>>,
  attrs: tf.NamedAttrMap = {},
): tf.TensorInfo {
  const kernel = tf.getKernel(name, 'wasm');
  if (kernel === undefined) throw new Error(`wasm: there is no kernel ${name}`);
  const result = kernel.kernelFunc({ inputs, backend, attrs });
  if (Array.isArray(result)) throw new Error(`wasm: kernel ${name} gave more than one tensor`);
  return result;
}
