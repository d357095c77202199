import { fail } from '@consilium/shared/errors';
import { startCpu } from './cpu.js';
import { registerEinsumGradient } from './einsum-gradient.js';
import { type NativeStart, startNative } from './native.js';
import { tf } from './tensorflow.js';
import { startWasm } from './wasm/index.js';

/** What a user may ask for. `auto` takes the best rung that works, and never `cpu`. */
export type BackendChoice = 'auto' | 'native' | 'wasm' | 'cpu';

/** The backend in use, for status, log and report. */
export interface BackendInfo {
  readonly name: 'native' | 'wasm' | 'cpu';
  /** Of TensorFlow for `native`, of TensorFlow.js otherwise. */
  readonly version: string;
  readonly device: string;
  readonly threads: number;
  /** Why a faster rung is not in use. */
  readonly note?: string;
}

/** Where the parts of the ladder come from. */
export interface BackendOptions {
  readonly native?: () => Promise<NativeStart>;
}

/**
 * Makes a backend the one that every tensor lives on from here, and says which. It may be called again; tensors do not
 * survive a change of backend unharmed, so dispose of them before.
 *
 * @throws CSM-BACKEND-NATIVE, CSM-BACKEND-WASM where the backend asked for does not run; nothing is put in its place
 */
export async function useBackend(
  choice: BackendChoice,
  { native = startNative }: BackendOptions = {},
): Promise<BackendInfo> {
  registerEinsumGradient();
  switch (choice) {
    case 'auto': {
      const started = await native();
      if (started.running) return describeNative(started);
      return { ...(await wasm()), note: `native is not in use: ${started.reason}` };
    }
    case 'native': {
      const started = await native();
      return started.running ? describeNative(started) : fail('CSM-BACKEND-NATIVE', { reason: started.reason });
    }
    case 'wasm':
      return wasm();
    case 'cpu':
      return cpu();
    default:
      return choice satisfies never;
  }
}

const describeNative = ({ version, device, threads }: NativeStart & { readonly running: true }): BackendInfo => ({
  name: 'native',
  version,
  device,
  threads,
});

async function wasm(): Promise<BackendInfo> {
  await startWasm();
  return { name: 'wasm', version: tf.version['tfjs-core'], device: 'cpu, SIMD', threads: 1 };
}

async function cpu(): Promise<BackendInfo> {
  await startCpu();
  return { name: 'cpu', version: tf.version['tfjs-core'], device: 'cpu, plain JavaScript', threads: 1 };
}
