import type { FusedKernels, KernelName } from '../fused-kernels.js';
import { tf } from '../tensorflow.js';
import type { WasmBackend } from './backend.js';

/** What a kernel is called with. */
export interface Call<Names extends string, Attrs> {
  readonly backend: WasmBackend;
  readonly inputs: Readonly<Record<Names, tf.TensorInfo>>;
  readonly attrs: Attrs;
}

/** A kernel that the wasm backend lacks, or one that takes the place of its own. */
export interface WasmKernel {
  readonly name: string;
  /** The kernel function, given the stock one (undefined where there is none). */
  readonly over: (stock: tf.KernelFunc | undefined) => tf.KernelFunc;
}

/**
 * Defines a kernel. Calls that it does not accept go to the stock kernel, or fail where there is none.
 *
 * @param run computes the output, or several; it frees its own intermediates and reads the heap anew after every allocation
 */
export function wasmKernel<Names extends string, Attrs>(
  name: string,
  run: (call: Call<Names, Attrs>) => tf.TensorInfo | tf.TensorInfo[],
  accepts: (call: Call<Names, Attrs>) => boolean = () => true,
): WasmKernel {
  return {
    name,
    over: (stock) => (params) => {
      // The registry knows neither names nor attributes; the operation that calls this kernel has checked both.
      const call = params as unknown as Call<Names, Attrs>;
      if (accepts(call)) return run(call);
      if (stock !== undefined) return stock(params);
      throw new Error(`wasm: ${name} does not take these arguments`);
    },
  };
}

/** Defines a kernel of our own with the inputs and attributes that the table of the fused kernels gives it. */
export const fused = <Name extends KernelName>(
  name: Name,
  run: (call: Call<FusedKernels[Name]['inputs'], FusedKernels[Name]['attributes']>) => tf.TensorInfo | tf.TensorInfo[],
): WasmKernel => wasmKernel(name, run);

/** Puts kernels in the registry, over those of the same name. */
export function installKernels(kernels: readonly WasmKernel[]): void {
  for (const { name, over } of kernels) {
    const stock = tf.getKernel(name, 'wasm');
    if (stock !== undefined) tf.unregisterKernel(name, 'wasm');
    tf.registerKernel({
      ...(stock?.setupFunc === undefined ? {} : { setupFunc: stock.setupFunc }),
      kernelName: name,
      backendName: 'wasm',
      kernelFunc: over(stock?.kernelFunc),
    });
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
