import { fail } from '@consilium/shared/errors';
import { type Hardware, type NvidiaGpu, readHardware } from '../hardware/index.js';
import { startCpu } from './cpu.js';
import { registerEinsumGradient } from './einsum-gradient.js';
import { type NativeStart, startNative } from './native/index.js';
import { tf } from './tensorflow.js';
import { startWasm } from './wasm/index.js';
import { startWebgpu, type WebgpuStart } from './webgpu/index.js';

/** What a user may ask for. `auto` takes the best rung that works, and never `cpu`. */
export type BackendChoice = 'auto' | 'native' | 'webgpu' | 'wasm' | 'cpu';

/** What it may run on. `any` takes a GPU where one works, and says why where none does. */
export type DeviceDemand = 'any' | 'gpu' | 'cpu';

/** The backend in use, for status, log and report. */
export interface BackendInfo {
  readonly name: 'native' | 'webgpu' | 'wasm' | 'cpu';
  /** Of TensorFlow for `native`, of TensorFlow.js otherwise. */
  readonly version: string;
  readonly kind: 'gpu' | 'cpu';
  /** Name of the GPU or of the processor. */
  readonly device: string;
  /** Memory of the GPU, where it is known. */
  readonly memoryBytes?: number;
  /** Version of the GPU's driver, where it is known. */
  readonly driver?: string;
  /** The largest tensor that the device takes, where it has such a limit. */
  readonly tensorBytes?: number;
  /** Threads of the processor that compute, or feed the GPU. */
  readonly threads: number;
  /** Why a better rung is not in use, and what to do about it. */
  readonly note?: string;
}

export interface BackendOptions {
  readonly device?: DeviceDemand;
  /** Where the parts of the ladder come from. */
  readonly native?: (demand: DeviceDemand) => Promise<NativeStart>;
  readonly webgpu?: (kind: 'gpu' | 'cpu') => Promise<WebgpuStart>;
  readonly hardware?: Hardware;
}

/**
 * Makes a backend the one that every tensor lives on from here, and says which. It may be called again; tensors do not
 * survive a change of backend unharmed, so dispose of them before.
 *
 * `auto` goes down: native on a GPU, webgpu on a GPU, native on the processor, wasm. Webgpu is tried only where a GPU can be, since
 * it takes time to load. On a processor that plays a GPU it runs only where it is asked for by name with `device: 'cpu'`: wasm is
 * faster there.
 *
 * @throws CSM-BACKEND-NATIVE, CSM-BACKEND-WEBGPU, CSM-BACKEND-WASM where the backend asked for does not run, CSM-BACKEND-NO-GPU
 * where a GPU was asked for and none runs; nothing is put in its place
 */
export async function useBackend(choice: BackendChoice, options: BackendOptions = {}): Promise<BackendInfo> {
  registerEinsumGradient();
  const { device = 'any', native = startNative, webgpu = startWebgpu, hardware = readHardware() } = options;
  const parts: Parts = { device, native, webgpu, hardware };
  switch (choice) {
    case 'auto':
      return best(parts);
    case 'native': {
      const started = await native(device);
      if (!started.running) return fail('CSM-BACKEND-NATIVE', { reason: started.reason });
      if (device === 'gpu' && started.device === 'cpu') fail('CSM-BACKEND-NO-GPU', { reason: nativeWithoutGpu });
      return describeNative(
        started,
        hardware,
        started.device === 'cpu' ? unusedGpu(parts, nativeWithoutGpu) : undefined,
      );
    }
    case 'webgpu': {
      const started = await webgpu(device === 'cpu' ? 'cpu' : 'gpu');
      if (started.running) return describeWebgpu(started, hardware);
      return fail(device === 'gpu' ? 'CSM-BACKEND-NO-GPU' : 'CSM-BACKEND-WEBGPU', { reason: started.reason });
    }
    case 'wasm':
    case 'cpu': {
      const reason = `${choice} computes on the processor`;
      if (device === 'gpu') fail('CSM-BACKEND-NO-GPU', { reason });
      return onProcessor(choice, hardware, unusedGpu(parts, reason));
    }
    default:
      return choice satisfies never;
  }
}

type Parts = Required<BackendOptions>;

async function best(parts: Parts): Promise<BackendInfo> {
  const { device, native, hardware } = parts;
  const first = await native(device);
  if (first.running && first.device === 'gpu') return describeNative(first, hardware);
  const missed = first.running ? nativeWithoutGpu : `native does not run: ${first.reason}`;

  const onGpu = device === 'cpu' ? null : await gpuByWebgpu(parts);
  const install = `${missed}; ${installFor(hardware)}`;
  if (onGpu?.running) return describeWebgpu(onGpu, hardware, hardware.nvidia ? install : undefined);
  const misses = onGpu === null ? missed : `${missed}; webgpu does not run: ${onGpu.reason}`;
  if (device === 'gpu') fail('CSM-BACKEND-NO-GPU', { reason: misses });

  const unsure = onGpu === null ? undefined : `this machine may have a GPU and does not use it: ${misses}`;
  const note = unusedGpu(parts, misses) ?? unsure;
  if (!first.running) return onProcessor('wasm', hardware, note ?? install);
  // Trying webgpu may have taken its place.
  const again = await native(device);
  return again.running ? describeNative(again, hardware, note) : fail('CSM-BACKEND-NATIVE', { reason: again.reason });
}

/** Webgpu on a GPU; null where nobody asked for a GPU and none can be here. */
async function gpuByWebgpu({ device, webgpu, hardware }: Parts): Promise<WebgpuStart | null> {
  if (hardware.gpuPossible) return webgpu('gpu');
  return device === 'gpu' ? { running: false, reason: 'this machine shows no GPU' } : null;
}

const nativeWithoutGpu = 'native computes on the processor, as its library was built for that or finds no GPU';

const installFor = ({ nvidia }: Hardware): string =>
  `\`consilium-site backend install native${nvidia ? ' --gpu' : ''}\` brings its library`;

/** A word on a GPU that the driver shows and that does nothing, unless the processor was asked for. */
const unusedGpu = ({ device, hardware }: Parts, reason: string): string | undefined =>
  hardware.nvidia && device !== 'cpu'
    ? `this machine has a GPU and does not use it: ${reason}; ${installFor(hardware)}`
    : undefined;

async function describeNative(
  { version, device, threads }: NativeStart & { readonly running: true },
  { processor, nvidiaGpus }: Hardware,
  note?: string,
): Promise<BackendInfo> {
  const info = { name: 'native', version, kind: device, threads, ...noted(note) } as const;
  if (device === 'cpu') return { ...info, device: processor };
  const [gpu] = await nvidiaGpus();
  return { ...info, device: 'a GPU that nvidia-smi does not name', ...namedGpu(gpu) };
}

async function describeWebgpu(
  { kind, name, vendor, driver, bindingBytes, bufferBytes }: WebgpuStart & { readonly running: true },
  { nvidiaGpus }: Hardware,
  note?: string,
): Promise<BackendInfo> {
  const gpu = vendor === 'nvidia' ? (await nvidiaGpus())[0] : undefined;
  return {
    name: 'webgpu',
    version: tf.version['tfjs-core'],
    kind,
    device: name,
    ...(driver !== '' && { driver }),
    ...namedGpu(gpu),
    tensorBytes: Math.min(bindingBytes, bufferBytes),
    threads: 1,
    ...noted(note),
  };
}

async function onProcessor(name: 'wasm' | 'cpu', { processor }: Hardware, note?: string): Promise<BackendInfo> {
  await (name === 'wasm' ? startWasm() : startCpu());
  return { name, version: tf.version['tfjs-core'], kind: 'cpu', device: processor, threads: 1, ...noted(note) };
}

const namedGpu = (gpu: NvidiaGpu | undefined) =>
  gpu && {
    device: gpu.name,
    ...(gpu.memoryBytes !== null && { memoryBytes: gpu.memoryBytes }),
    driver: gpu.driver,
  };

const noted = (note: string | undefined) => (note === undefined ? {} : { note });
