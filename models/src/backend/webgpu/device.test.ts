import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { describe, expect, it, vi } from 'vitest';
import type { AdapterDescription } from './adapter.js';
import { guardBuffers, guardReads } from './device.js';

type Acquire = WebGPUBackend['bufferManager']['acquireBuffer'];
type Lost = { readonly reason: string; readonly message: string };
type Listener = (event: { readonly error: { readonly message: string } }) => void;

const mebibyte = 2 ** 20;
const adapter: AdapterDescription = {
  kind: 'gpu',
  name: 'a-gpu',
  vendor: 'someone',
  driver: '1.0',
  bindingBytes: 128 * mebibyte,
  bufferBytes: 4096 * mebibyte,
};

describe('a buffer', () => {
  it('is made up to the size that the device gives to a kernel', () => {
    const acquire = vi.fn<Acquire>();
    const backend = { bufferManager: { acquireBuffer: acquire } };
    guardBuffers(backend, adapter);
    backend.bufferManager.acquireBuffer(128 * mebibyte, 4, true, false);
    expect(acquire).toHaveBeenCalledExactlyOnceWith(128 * mebibyte, 4, true, false);
  });

  it('is refused above it, with both sizes', () => {
    const acquire = vi.fn<Acquire>();
    const backend = { bufferManager: { acquireBuffer: acquire } };
    guardBuffers(backend, adapter);
    expect(() => backend.bufferManager.acquireBuffer(128 * mebibyte + 4, 4)).toThrow(
      expect.objectContaining({
        code: 'CSM-BACKEND-TENSOR',
        details: { mebibytes: 129, limit: 128, device: 'a-gpu' },
      }),
    );
    expect(acquire).not.toHaveBeenCalled();
  });
});

describe('a read', () => {
  function opened(read: () => Promise<Float32Array> = async () => Float32Array.of(1)) {
    const listeners: Listener[] = [];
    let lose: (lost: Lost) => void = () => {};
    const lost = new Promise<Lost>((resolve) => {
      lose = resolve;
    });
    const device = {
      lost,
      addEventListener: (_: 'uncapturederror', listener: Listener) => void listeners.push(listener),
    };
    const backend = { device, read: vi.fn(read) };
    guardReads(backend);
    const tell = (message: string) => {
      for (const listener of listeners) listener({ error: { message } });
    };
    return { backend, lost, lose: (how: Lost) => lose(how), tell };
  }

  it('gives the values where nothing went wrong', async () => {
    const { backend } = opened();
    expect(await backend.read()).toEqual(Float32Array.of(1));
  });

  it('fails after the device refused something, by its first line', async () => {
    const { backend, tell } = opened();
    tell('Out of memory.\n at somewhere');
    tell('another');
    await expect(backend.read()).rejects.toMatchObject({
      code: 'CSM-BACKEND-DEVICE',
      details: { reason: 'Out of memory' },
    });
  });

  it('fails after the device was lost, whatever the read itself says', async () => {
    const { backend, lost, lose } = opened(() => Promise.reject(new Error('mapping failed')));
    await expect(backend.read()).rejects.toThrow('mapping failed');
    lose({ reason: 'unknown', message: '' });
    await lost;
    await expect(backend.read()).rejects.toMatchObject({
      code: 'CSM-BACKEND-DEVICE',
      details: { reason: 'the device was lost' },
    });
  });

  it('does not mind a device that was ended on purpose', async () => {
    const { backend, lost, lose } = opened();
    lose({ reason: 'destroyed', message: 'Device was destroyed.' });
    await lost;
    expect(await backend.read()).toEqual(Float32Array.of(1));
  });
});
