import type { NumericDataType } from '@tensorflow/tfjs';
import { tf } from '../tensorflow.js';
import type { NativeFunction, WasmBackend } from './backend.js';

const bytesPerFloat = 4;

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

/** Part of a float tensor, or all of it, as a row-major matrix: `at` counts floats from the tensor's first. */
export interface Matrix {
  readonly tensor: tf.TensorInfo;
  readonly at: number;
  readonly rows: number;
  readonly columns: number;
}

/** All of a tensor as one matrix. */
export const matrix = (tensor: tf.TensorInfo, rows: number, columns: number): Matrix => ({
  tensor,
  at: 0,
  rows,
  columns,
});

/**
 * `out = a · b` for row-major matrices on the heap, through XNNPACK: a [m, k], b [k, n], out [m, n], all nonempty.
 *
 * The stock entry reaches XNNPACK for one untransposed pair only, so that is what it gets. It also keeps a packed
 * operator for the right operand's id, together with the shape that it had the first time; tensors that share their
 * values under several shapes would meet the wrong one. Each call therefore registers views with ids of their own.
 */
export function multiply(backend: WasmBackend, a: Matrix, b: Matrix, out: Matrix): void {
  const views = [a, b, out].map((m) => openView(backend, m));
  const [left, right, result] = views.map((view) => backend.dataIdMap.get(view.dataId).id);
  if (left === undefined || right === undefined || result === undefined) throw new Error('wasm: no view');
  matMulEntry(backend)(left, shapeBytes(a), 3, right, shapeBytes(b), 3, false, false, result);
  for (const view of views) closeView(backend, view);
}

function openView(backend: WasmBackend, { tensor, at, rows, columns }: Matrix): tf.TensorInfo {
  return backend.makeOutput([1, rows, columns], 'float32', address(backend, tensor) + at * bytesPerFloat);
}

/** Forgets a view and what XNNPACK packed for it; the memory belongs to the tensor viewed. */
function closeView(backend: WasmBackend, view: tf.TensorInfo): void {
  backend.wasm.tfjs.disposeData(backend.dataIdMap.get(view.dataId).id);
  backend.dataIdMap.delete(view.dataId);
}

const shapeBytes = ({ rows, columns }: Matrix): Uint8Array => new Uint8Array(new Int32Array([1, rows, columns]).buffer);

const entries = new WeakMap<WasmBackend, NativeFunction>();

function matMulEntry(backend: WasmBackend): NativeFunction {
  const known = entries.get(backend);
  if (known !== undefined) return known;
  const parameters = ['number', 'array', 'number', 'number', 'array', 'number', 'number', 'number', 'number'] as const;
  const entry = backend.wasm.cwrap('BatchMatMul', null, parameters);
  entries.set(backend, entry);
  return entry;
}
