import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Hardware } from '../hardware/index.js';
import { type BackendOptions, tf, useBackend } from './index.js';
import type { NativeStart } from './native/index.js';
import type { WebgpuStart } from './webgpu/index.js';

const plain: Hardware = { gpuPossible: false, nvidia: false, processor: 'A Processor', nvidiaGpus: async () => [] };
const h200 = { name: 'NVIDIA H200', memoryBytes: 143_771 * 2 ** 20, driver: '570.86' };
const nvidia: Hardware = { ...plain, gpuPossible: true, nvidia: true, nvidiaGpus: async () => [h200] };
const otherGpu: Hardware = { ...plain, gpuPossible: true };

const noNative: NativeStart = { running: false, reason: 'the TensorFlow library is not installed' };
const nativeOn = (device: 'gpu' | 'cpu'): NativeStart => ({ running: true, version: '2.21.0', device, threads: 8 });
const noWebgpu: WebgpuStart = { running: false, reason: 'no Vulkan driver is installed' };
const webgpuOn = (kind: 'gpu' | 'cpu', vendor: string): WebgpuStart => ({
  running: true,
  kind,
  name: 'navi-31',
  vendor,
  driver: 'radv: Mesa 25.0.7',
  bindingBytes: 2 ** 31,
  bufferBytes: 2 ** 32,
});

/** Parts of a ladder of which nothing is really started but wasm and cpu. */
function ladder(native: NativeStart, webgpu: WebgpuStart, hardware: Hardware) {
  const started: string[] = [];
  const options: BackendOptions = {
    native: async (demand) => {
      started.push(`native ${demand}`);
      return native;
    },
    webgpu: async (kind) => {
      started.push(`webgpu ${kind}`);
      return webgpu;
    },
    hardware,
  };
  return { options, started };
}

afterEach(() => vi.restoreAllMocks());

describe('the automatic choice', () => {
  it('is native on a GPU first, with its real name and memory', async () => {
    const { options, started } = ladder(nativeOn('gpu'), webgpuOn('gpu', 'nvidia'), nvidia);
    expect(await useBackend('auto', options)).toEqual({
      name: 'native',
      version: '2.21.0',
      kind: 'gpu',
      device: 'NVIDIA H200',
      memoryBytes: h200.memoryBytes,
      driver: '570.86',
      threads: 8,
    });
    expect(started).toEqual(['native any']);
  });

  it('is webgpu on a GPU before native on the processor', async () => {
    const { options } = ladder(nativeOn('cpu'), webgpuOn('gpu', 'amd'), otherGpu);
    expect(await useBackend('auto', options)).toEqual({
      name: 'webgpu',
      version: tf.version['tfjs-core'],
      kind: 'gpu',
      device: 'navi-31',
      driver: 'radv: Mesa 25.0.7',
      tensorBytes: 2 ** 31,
      threads: 1,
    });
  });

  it('says how an NVIDIA GPU would run native rather than webgpu', async () => {
    const { options } = ladder(noNative, webgpuOn('gpu', 'nvidia'), nvidia);
    const info = await useBackend('auto', options);
    expect(info).toMatchObject({ name: 'webgpu', device: 'NVIDIA H200', memoryBytes: h200.memoryBytes });
    expect(info.note).toBe(
      'native does not run: the TensorFlow library is not installed; `consilium-site backend install native --gpu` brings its library',
    );
  });

  it('is native on the processor where there is no GPU, and does not try webgpu', async () => {
    const { options, started } = ladder(nativeOn('cpu'), noWebgpu, plain);
    expect(await useBackend('auto', options)).toEqual({
      name: 'native',
      version: '2.21.0',
      kind: 'cpu',
      device: 'A Processor',
      threads: 8,
    });
    expect(new Set(started)).toEqual(new Set(['native any']));
  });

  it('is wasm otherwise and says why, without a word on the console', async () => {
    const spoken = (['log', 'info', 'warn', 'error'] as const).map((level) => vi.spyOn(console, level));
    const { options, started } = ladder(noNative, noWebgpu, plain);
    expect(await useBackend('auto', options)).toEqual({
      name: 'wasm',
      version: tf.version['tfjs-core'],
      kind: 'cpu',
      device: 'A Processor',
      threads: 1,
      note: 'native does not run: the TensorFlow library is not installed; `consilium-site backend install native` brings its library',
    });
    expect(tf.getBackend()).toBe('wasm');
    expect(started).toEqual(['native any']);
    for (const level of spoken) expect(level).not.toHaveBeenCalled();
  });

  it('never leaves a GPU unused in silence', async () => {
    const overWasm = await useBackend('auto', ladder(noNative, noWebgpu, nvidia).options);
    expect(overWasm.name).toBe('wasm');
    expect(overWasm.note).toMatch(
      /^this machine has a GPU and does not use it: native .* webgpu does not run: no Vulkan/,
    );
    const overNative = await useBackend('auto', ladder(nativeOn('cpu'), noWebgpu, nvidia).options);
    expect(overNative.name).toBe('native');
    expect(overNative.note).toMatch(/^this machine has a GPU and does not use it: .*install native --gpu/);
    const perhaps = await useBackend('auto', ladder(nativeOn('cpu'), noWebgpu, otherGpu).options);
    expect(perhaps.name).toBe('native');
    expect(perhaps.note).toMatch(/^this machine may have a GPU and does not use it: .* no Vulkan driver is installed$/);
    for (const name of ['wasm', 'cpu'] as const) {
      const { note } = await useBackend(name, ladder(noNative, noWebgpu, nvidia).options);
      expect(note).toMatch(/^this machine has a GPU and does not use it/);
    }
    const byName = await useBackend('native', ladder(nativeOn('cpu'), noWebgpu, nvidia).options);
    expect(byName.note).toMatch(/^this machine has a GPU and does not use it/);
  });

  it('fails where a GPU is demanded and none runs, with every reason', async () => {
    const { options } = ladder(nativeOn('cpu'), noWebgpu, nvidia);
    await expect(useBackend('auto', { ...options, device: 'gpu' })).rejects.toMatchObject({
      code: 'CSM-BACKEND-NO-GPU',
      message: expect.stringMatching(/native computes on the processor.*webgpu does not run: no Vulkan driver/),
    });
    const without = ladder(noNative, noWebgpu, plain);
    await expect(useBackend('auto', { ...without.options, device: 'gpu' })).rejects.toMatchObject({
      code: 'CSM-BACKEND-NO-GPU',
      message: expect.stringContaining('this machine shows no GPU'),
    });
    expect(without.started).toEqual(['native gpu']);
  });

  it('stays on the processor where that is demanded, and says nothing of the GPU', async () => {
    const { options, started } = ladder(nativeOn('cpu'), webgpuOn('gpu', 'nvidia'), nvidia);
    const info = await useBackend('auto', { ...options, device: 'cpu' });
    expect(info).toMatchObject({ name: 'native', kind: 'cpu' });
    expect(info.note).toBeUndefined();
    expect(new Set(started)).toEqual(new Set(['native cpu']));
  });
});

describe('a choice by name', () => {
  it('fails where native does not run, or not on the GPU that was demanded', async () => {
    await expect(useBackend('native', ladder(noNative, noWebgpu, plain).options)).rejects.toMatchObject({
      code: 'CSM-BACKEND-NATIVE',
      details: { reason: 'the TensorFlow library is not installed' },
    });
    const { options } = ladder(nativeOn('cpu'), noWebgpu, nvidia);
    await expect(useBackend('native', { ...options, device: 'gpu' })).rejects.toMatchObject({
      code: 'CSM-BACKEND-NO-GPU',
    });
  });

  it('asks webgpu for a GPU, for a processor only where that is demanded', async () => {
    const { options, started } = ladder(noNative, webgpuOn('cpu', 'mesa'), plain);
    for (const device of ['any', 'gpu', 'cpu'] as const) await useBackend('webgpu', { ...options, device });
    expect(started).toEqual(['webgpu gpu', 'webgpu gpu', 'webgpu cpu']);
  });

  it('fails where webgpu does not run', async () => {
    const { options } = ladder(noNative, noWebgpu, plain);
    const details = { reason: 'no Vulkan driver is installed' };
    await expect(useBackend('webgpu', options)).rejects.toMatchObject({ code: 'CSM-BACKEND-WEBGPU', details });
    await expect(useBackend('webgpu', { ...options, device: 'gpu' })).rejects.toMatchObject({
      code: 'CSM-BACKEND-NO-GPU',
      details,
    });
  });

  it.each(['wasm', 'cpu'] as const)('fails where %s is to run on a GPU', async (choice) => {
    const { options } = ladder(nativeOn('gpu'), webgpuOn('gpu', 'nvidia'), nvidia);
    await expect(useBackend(choice, { ...options, device: 'gpu' })).rejects.toMatchObject({
      code: 'CSM-BACKEND-NO-GPU',
      details: { reason: `${choice} computes on the processor` },
    });
  });

  it('fails where wasm does not start, and leaves nothing in its place', async () => {
    await useBackend('wasm');
    vi.spyOn(tf.env(), 'getAsync').mockResolvedValue(false);
    await expect(useBackend('wasm')).rejects.toMatchObject({ code: 'CSM-BACKEND-WASM' });
    vi.restoreAllMocks();
    vi.spyOn(tf.engine(), 'setBackend').mockResolvedValue(false);
    const { options } = ladder(noNative, noWebgpu, plain);
    await expect(useBackend('auto', options)).rejects.toMatchObject({ code: 'CSM-BACKEND-WASM' });
  });

  it('uses cpu only when asked, without a word on the console', async () => {
    const spoken = vi.spyOn(console, 'warn');
    expect(await useBackend('cpu')).toMatchObject({ name: 'cpu', kind: 'cpu', threads: 1 });
    tf.tensor1d([1]).dispose();
    expect(spoken).not.toHaveBeenCalled();
  });
});

describe('wasm', () => {
  it('leaves no handler for uncaught faults behind', async () => {
    await useBackend('wasm');
    const hooks = [...process.listeners('uncaughtException'), ...process.listeners('unhandledRejection')].map(String);
    expect(hooks.filter((text) => /ExitStatus|throw reason/.test(text))).toEqual([]);
  });

  it('works on one engine', async () => {
    const { engine } = await import('@tensorflow/tfjs-core');
    const { BackendWasm } = await import('@tensorflow/tfjs-backend-wasm');
    await useBackend('wasm');
    expect(tf.engine()).toBe(engine());
    expect(tf.backend()).toBeInstanceOf(BackendWasm);
  });
});
