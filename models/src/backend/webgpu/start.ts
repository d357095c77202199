import { tf } from '../tensorflow.js';
import type { AdapterDescription } from './adapter.js';

/** What the webgpu backend is once it runs, or why it does not. */
export type WebgpuStart =
  | ({ readonly running: true } & AdapterDescription)
  | { readonly running: false; readonly reason: string };

const name = 'webgpu';
let open: AdapterDescription | null = null;

/**
 * Makes webgpu the backend in use, on a device of this kind: a GPU of any vendor, or a processor that plays one, for tests.
 * Dawn and the kernels are loaded here and only here, since they take time. Call again at will; another kind ends the tensors of
 * the one before.
 */
export async function startWebgpu(kind: 'gpu' | 'cpu'): Promise<WebgpuStart> {
  if (open !== null && open.kind !== kind) stop();
  try {
    open ??= await register(kind);
  } catch (cause) {
    return absent(cause instanceof Error ? (cause.message.split('\n')[0] ?? cause.name) : 'it did not load');
  }
  if (await tf.setBackend(name)) {
    if (tf.getBackend() === name) return { running: true, ...open };
  }
  stop();
  return absent('it did not start');
}

const absent = (reason: string): WebgpuStart => ({ running: false, reason });

function stop(): void {
  tf.removeBackend(name);
  open = null;
}

async function register(kind: 'gpu' | 'cpu'): Promise<AdapterDescription> {
  const { reasonForNone, requestAdapter } = await import('./adapter.js');
  const found = await requestAdapter(kind);
  if (found === null) throw new Error(reasonForNone());
  const { description } = found;
  if (description.kind !== kind) {
    throw new Error(
      kind === 'gpu' ? `${description.name} is a processor that plays a GPU` : `${description.name} is a GPU`,
    );
  }
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  // Else small tensors that are still on the host are computed there: other kernels, hence other results, by chance of place.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  const { guardBuffers, guardReads, openDevice } = await import('./device.js');
  const device = await openDevice(found);
  const backend = withNavigator(() => new WebGPUBackend(device, found.adapter.info));
  guardBuffers(backend, description);
  guardReads(backend);
  tf.registerBackend(name, () => backend);
  return description;
}

/** The constructor looks for `navigator.gpu`, and for nothing in it. It is there for that moment only: others take it for a browser's. */
function withNavigator<T>(make: () => T): T {
  const had = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: {} }, configurable: true });
  try {
    return make();
  } finally {
    if (had === undefined) Reflect.deleteProperty(globalThis, 'navigator');
    else Object.defineProperty(globalThis, 'navigator', had);
  }
}
