import type { EventEmitter } from 'node:events';
import { fail } from '@consilium/shared/errors';
import { tf } from '../tensorflow.js';
import type { WasmBackend } from './backend.js';
import { slackBytes } from './heap.js';
import { offerInPlaceAdam } from './in-place-adam.js';
import { installKernels } from './kernel.js';
import { trainingKernels } from './kernels.js';

let installed = false;

/**
 * Makes wasm the backend in use: plain SIMD on one thread, so that equal inputs give equal bits, with the training
 * kernels in place. Call again at will.
 */
export async function startWasm(): Promise<void> {
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) {
    fail('CSM-BACKEND-WASM', { reason: 'this processor has no WebAssembly SIMD' });
  }
  if (!installed) {
    installKernels(trainingKernels);
    offerInPlaceAdam(wasmBackend);
  }
  installed = true;
  const started = await tf.setBackend('wasm');
  removeProcessHooks();
  if (!started || tf.getBackend() !== 'wasm') fail('CSM-BACKEND-WASM', { reason: 'its module did not start' });
  guardHeap(wasmBackend());
}

/** The wasm backend, once it has started. */
export function wasmBackend(): WasmBackend {
  const backend: unknown = tf.findBackend('wasm');
  // The kernels' view of the class; tfjs does not export its module's type.
  return backend as WasmBackend;
}

/**
 * The compiled module hooks uncaught faults of the whole process only to rethrow them; its hooks are taken off again.
 * They are known by their text: others may have hooked in while it started.
 */
function removeProcessHooks(): void {
  const rethrows = /^function ?\(\w+\) ?\{\s*(if ?\(!\(\w+ instanceof ExitStatus\)\) ?\{\s*)?throw \w+;?[\s}]*$/;
  const emitter: EventEmitter = process;
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    for (const hook of emitter.listeners(event)) {
      if (rethrows.test(String(hook))) emitter.removeListener(event, hook as () => void);
    }
  }
}

const guarded = new WeakSet<object>();

/**
 * A heap that is full answers with address 0, and the backend would write there. It fails instead. Every block gets the slack that
 * SIMD kernels need.
 */
function guardHeap({ wasm }: WasmBackend): void {
  if (guarded.has(wasm)) return;
  guarded.add(wasm);
  wasm._free(wasm._malloc(1)); // the first call of each puts the compiled function in its own place
  const allocate = wasm._malloc;
  wasm._malloc = (bytes) => {
    const address = allocate(bytes + slackBytes);
    if (address === 0) fail('CSM-BACKEND-MEMORY', { mebibytes: Math.ceil(bytes / 2 ** 20) });
    return address;
  };
}
