import { afterEach, describe, expect, it, vi } from 'vitest';
import { tf, useBackend } from './index.js';

const missing = async () => ({ running: false, reason: 'the TensorFlow library is not installed' }) as const;

describe('the choice of a backend', () => {
  afterEach(() => vi.restoreAllMocks());

  it('refuses to compute before a backend is chosen', () => {
    expect(() => tf.tensor1d([1])).toThrow(/not yet been initialized/);
  });

  it('takes native where it runs', async () => {
    const native = async () => ({ running: true, version: '2.21.0', device: 'gpu', threads: 8 }) as const;
    expect(await useBackend('auto', { native })).toEqual({
      name: 'native',
      version: '2.21.0',
      device: 'gpu',
      threads: 8,
    });
  });

  it('takes wasm otherwise and says why, without a word on the console', async () => {
    const spoken = (['log', 'info', 'warn', 'error'] as const).map((level) => vi.spyOn(console, level));
    const info = await useBackend('auto', { native: missing });
    expect(info).toMatchObject({ name: 'wasm', device: 'cpu, SIMD', threads: 1 });
    expect(info.note).toBe('native is not in use: the TensorFlow library is not installed');
    expect(tf.getBackend()).toBe('wasm');
    for (const level of spoken) expect(level).not.toHaveBeenCalled();
  });

  it('fails where native is asked for and does not run', async () => {
    await expect(useBackend('native', { native: missing })).rejects.toMatchObject({
      code: 'CSM-BACKEND-NATIVE',
      details: { reason: 'the TensorFlow library is not installed' },
    });
  });

  it('fails where wasm does not start, and leaves nothing in its place', async () => {
    await useBackend('wasm');
    vi.spyOn(tf.env(), 'getAsync').mockResolvedValue(false);
    await expect(useBackend('wasm')).rejects.toMatchObject({ code: 'CSM-BACKEND-WASM' });
    vi.restoreAllMocks();
    vi.spyOn(tf.engine(), 'setBackend').mockResolvedValue(false);
    await expect(useBackend('auto', { native: missing })).rejects.toMatchObject({ code: 'CSM-BACKEND-WASM' });
  });

  it('uses cpu only when asked, without a word on the console', async () => {
    const spoken = vi.spyOn(console, 'warn');
    expect(await useBackend('cpu')).toMatchObject({ name: 'cpu', threads: 1 });
    tf.tensor1d([1]).dispose();
    expect(spoken).not.toHaveBeenCalled();
  });

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
