import { z } from 'zod';
import { tf } from '../tensorflow.js';

/** A tensor that the library holds, by its number there. Who makes one frees it. */
export type Handle = number;

/** What the addon says of an output. */
export interface Output {
  readonly id: Handle;
  readonly shape: number[];
  /** Type code. */
  readonly dtype: number;
}

/** An attribute of an operation; `type` and the values of types are codes of the addon. */
export interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean | string | readonly number[];
}

/** The part of the compiled addon that the kernels stand on. */
export interface Addon {
  readonly executeOp: (
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly Handle[],
    outputs: number,
  ) => readonly Output[];
  /** Keeps the array itself, not a copy. */
  readonly createTensor: (shape: readonly number[], dtype: number, values: Float32Array | Int32Array) => Handle;
  readonly deleteTensor: (id: Handle) => void;
  /** How many tensors the library holds for anybody. */
  readonly getNumOfTensors: () => number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_BOOL: number;
}

/** The part of TensorFlow.js' `NodeJSKernelBackend` that the kernels stand on. */
export interface NativeBackend {
  readonly binding: Addon;
  readonly isUsingGpuDevice: boolean;
  /** Handles of tensors; the backend goes on owning them. Values that still lie in JavaScript are handed over first. */
  readonly getInputTensorIds: (tensors: readonly tf.TensorInfo[]) => Handle[];
  /** A tensor in the scope of the caller that owns the output. */
  readonly createOutputTensor: (output: Output) => tf.Tensor;
  readonly tensorMap: { readonly get: (dataId: object) => TensorData | undefined };
}

/** Where the values of a tensor are: in the library (`id`), or in JavaScript until they are first used (`values`). */
export interface TensorData {
  id: Handle;
  values: tf.BackendValues | null;
  /** How many tensors show them. */
  readonly refCount: number;
}

const backendShape = z.custom<NativeBackend>(
  (value) =>
    z.object({ binding: z.object({ executeOp: z.custom((f) => typeof f === 'function') }) }).safeParse(value).success,
);

/** The backend in use, which must be the native one. */
export const nativeBackend = (): NativeBackend => backendShape.parse(tf.backend());
