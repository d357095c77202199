import type { NumericDataType } from '@tensorflow/tfjs';
import { tf } from '../tensorflow.js';
import type { WasmBackend } from './backend.js';

/** A tensor's first byte on the heap. Above 2 GiB the module hands out negative numbers, hence the shift. */
export function address(backend: WasmBackend, tensor: tf.TensorInfo): number {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset >>> 0;
}

/** How many values a tensor holds. */
export const sizeOf = (tensor: tf.TensorInfo): number => tf.util.sizeFromShape(tensor.shape);

/** A tensor's float values in place, row-major. Valid until the next allocation. */
export const floats = (backend: WasmBackend, tensor: tf.TensorInfo): Float32Array =>
  floatsAt(backend, address(backend, tensor), sizeOf(tensor));

/** So many floats from an address on, in place. Valid until the next allocation. */
export const floatsAt = (backend: WasmBackend, from: number, count: number): Float32Array =>
  new Float32Array(backend.wasm.HEAPU8.buffer, from, count);

/** A tensor's 32-bit integers in place. Valid until the next allocation. */
export const integers = (backend: WasmBackend, tensor: tf.TensorInfo): Int32Array =>
  new Int32Array(backend.wasm.HEAPU8.buffer, address(backend, tensor), sizeOf(tensor));

/** Whether a tensor's values are numbers, one a cell. */
export const hasCells = ({ dtype }: tf.TensorInfo): boolean => dtype !== 'string' && dtype !== 'complex64';

/** A tensor's values of any numeric type, as bit patterns to be copied. Valid until the next allocation. */
export function cells(backend: WasmBackend, tensor: tf.TensorInfo): Int32Array | Uint8Array {
  if (tf.util.bytesPerElement(tensor.dtype) === 4) return integers(backend, tensor);
  return new Uint8Array(backend.wasm.HEAPU8.buffer, address(backend, tensor), sizeOf(tensor));
}

/** A new tensor on the heap, values not set. */
export const allocate = (
  backend: WasmBackend,
  shape: readonly number[],
  dtype: NumericDataType | 'bool' = 'float32',
): tf.TensorInfo => backend.makeOutput([...shape], dtype);

/** Gives a kernel's intermediates back. */
export function free(backend: WasmBackend, ...tensors: readonly tf.TensorInfo[]): void {
  for (const tensor of tensors) backend.disposeData(tensor.dataId);
}

/**
 * Bytes behind every tensor that nobody owns: SIMD kernels go by fours, and may read and write past the last value. Memory is laid out so
 * when the backend starts.
 */
export const slackBytes = 64;

export const bytesPerFloat = 4;

/** The least multiple of `to` that holds `count`. */
export const padded = (count: number, to: number): number => Math.ceil(count / to) * to;

/** Sets memory to zero. */
export function zero(backend: WasmBackend, from: number, bytes: number): void {
  backend.wasm.HEAPU8.fill(0, from, from + bytes);
}

/** Lends memory for the time of a call; its first byte is a multiple of 8. */
export function scratch<T>(backend: WasmBackend, bytes: number, use: (memory: number) => T): T {
  const memory = backend.wasm._malloc(bytes) >>> 0;
  try {
    return use(memory);
  } finally {
    backend.wasm._free(memory);
  }
}
