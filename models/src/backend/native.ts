import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { tf } from './tensorflow.js';

const require = createRequire(import.meta.url);
const packageName = '@tensorflow/tfjs-node-gpu';
const addonName = 'tfjs_binding.node';

/** What the native backend is once it runs, or why it does not. */
export type NativeStart =
  | { readonly running: true; readonly version: string; readonly device: 'gpu' | 'cpu'; readonly threads: number }
  | { readonly running: false; readonly reason: string };

/**
 * Makes TensorFlow's own library the backend in use, if its compiled addon and the library lie in the package.
 * Nothing is downloaded and, where it is absent, nothing printed. Call again at will.
 */
export async function startNative(): Promise<NativeStart> {
  const addon = findAddon();
  if (addon === null) return absent('the TensorFlow library is not installed');
  try {
    process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'; // the library greets on stderr otherwise
    require(addon);
    restoreRemovedNodeFunctions();
    require(packageName);
  } catch (cause) {
    return absent(cause instanceof Error ? (cause.message.split('\n')[0] ?? cause.name) : 'its addon did not load');
  }
  if (!(await tf.setBackend('tensorflow')) || tf.getBackend() !== 'tensorflow') {
    tf.removeBackend('tensorflow');
    return absent('it did not start');
  }
  const { binding, isUsingGpuDevice } = nativeBackend.parse(tf.backend());
  return {
    running: true,
    version: binding.TF_Version,
    device: isUsingGpuDevice ? 'gpu' : 'cpu',
    threads: availableParallelism(),
  };
}

const absent = (reason: string): NativeStart => ({ running: false, reason });

const nativeBackend = z.object({ isUsingGpuDevice: z.boolean(), binding: z.object({ TF_Version: z.string() }) });

/** The compiled addon, lib/napi-v<n>/tfjs_binding.node in the package; null where it was never built or fetched. */
function findAddon(): string | null {
  try {
    const lib = join(dirname(require.resolve(`${packageName}/package.json`)), 'lib');
    const built = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith(addonName));
    const newest = built.sort().at(-1);
    return newest === undefined ? null : join(lib, newest);
  } catch {
    return null;
  }
}

/** The package calls two functions that Node 23 took away. */
function restoreRemovedNodeFunctions(): void {
  const util: Record<string, unknown> = require('node:util');
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}
