import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { kernelSources, nativeFolder, readNativeInstallation } from '../../native-library/index.js';
import { tf } from '../tensorflow.js';
import { registerNativeKernels } from './kernels.js';

const require = createRequire(import.meta.url);
const packageName = '@tensorflow/tfjs-node-gpu';

/** What the native backend is once it runs, or why it does not. */
export type NativeStart =
  | { readonly running: true; readonly version: string; readonly device: 'gpu' | 'cpu'; readonly threads: number }
  | { readonly running: false; readonly reason: string };

/**
 * Makes TensorFlow's own library the backend in use, if `consilium-site backend install native` has put it on this machine.
 * The package's kernels are taken one by one: its front door would look for an addon inside the package itself.
 * Nothing is downloaded and, where it is absent, nothing printed. Call again at will; but the library looks for a GPU once, when it
 * is loaded, so the demand of the first call holds for the process.
 */
export async function startNative(demand: 'any' | 'gpu' | 'cpu' = 'any'): Promise<NativeStart> {
  if (demand === 'cpu' && tf.findBackendFactory('tensorflow') === null) process.env.CUDA_VISIBLE_DEVICES = '-1';
  try {
    if (tf.findBackendFactory('tensorflow') === null) {
      const folder = nativeFolder();
      const installation = readNativeInstallation(folder);
      if (installation === null) return absent('the TensorFlow library is not installed');
      if (installation.kernels !== kernelSources().sha256)
        return absent('the TensorFlow library was installed by another version of Consilium: install it anew');
      register(join(folder, installation.addon));
    }
  } catch (cause) {
    return absent(cause instanceof Error ? (cause.message.split('\n')[0] ?? cause.name) : 'its addon did not load');
  }
  if (!(await tf.setBackend('tensorflow')) || tf.getBackend() !== 'tensorflow') {
    tf.removeBackend('tensorflow');
    return absent('it did not start');
  }
  const { binding, isUsingGpuDevice } = nativeBackend.parse(tf.backend());
  if (isUsingGpuDevice && demand === 'cpu') return absent('this process already runs it on the GPU');
  return {
    running: true,
    version: binding.TF_Version,
    device: isUsingGpuDevice ? 'gpu' : 'cpu',
    threads: Number(process.env.TF_NUM_INTRAOP_THREADS) || availableParallelism(),
  };
}

const absent = (reason: string): NativeStart => ({ running: false, reason });

const nativeBackend = z.object({ isUsingGpuDevice: z.boolean(), binding: z.object({ TF_Version: z.string() }) });

const kernelBackend = z.object({
  NodeJSKernelBackend: z.custom<new (binding: unknown, packageName: string) => tf.KernelBackend>(
    (value) => typeof value === 'function',
  ),
});

function register(addon: string): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'; // the library greets on stderr otherwise
  process.env.OMP_WAIT_POLICY ??= 'PASSIVE'; // threads of our operations would spin where the library's are to work
  if (process.env.TF_NUM_INTRAOP_THREADS) process.env.OMP_NUM_THREADS ??= process.env.TF_NUM_INTRAOP_THREADS;
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true'; // it would take all of a shared GPU's memory at once
  const binding: unknown = require(addon);
  restoreRemovedNodeFunctions();
  require(`${packageName}/dist/register_all_kernels`);
  registerNativeKernels();
  const { NodeJSKernelBackend } = kernelBackend.parse(require(`${packageName}/dist/nodejs_kernel_backend`));
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, packageName));
}

/** The package calls two functions that Node 23 took away. */
function restoreRemovedNodeFunctions(): void {
  const util: Record<string, unknown> = require('node:util');
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}
