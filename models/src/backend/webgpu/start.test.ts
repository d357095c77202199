import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { isRequired, webgpuRung } from '../../testing/index.js';
import { tf, useBackend } from '../index.js';
import { startWebgpu } from './index.js';

const { device, absence } = await webgpuRung();
const kind = device === 'cpu' ? 'cpu' : 'gpu';
const because = absence === null ? '' : ` (skipped: ${absence})`;

async function start() {
  const started = await startWebgpu(kind);
  return started.running ? started : expect.fail(started.reason);
}

describe.skipIf(absence !== null && !isRequired('webgpu'))(`webgpu on a device${because}`, () => {
  afterEach(() => tf.disposeVariables());

  it('says which, and what it takes at once', async () => {
    const started = await start();
    expect(started.kind).toBe(kind);
    expect(started.name).not.toBe('');
    expect(started.bindingBytes).toBeGreaterThanOrEqual(2 ** 27);
    expect(started.bufferBytes).toBeGreaterThanOrEqual(2 ** 28);
  });

  it('leaves no navigator behind that others would take for a browser', async () => {
    const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
    await start();
    expect(Object.getOwnPropertyDescriptor(globalThis, 'navigator')).toEqual(before);
    expect(Object(Reflect.get(globalThis, 'navigator')).gpu).toBeUndefined();
  });

  it('refuses a tensor above the limit with a code, and works on', async () => {
    const { bindingBytes, bufferBytes } = await start();
    const elements = Math.min(bindingBytes, bufferBytes) / 4 + 1;
    expect(() => tf.tidy(() => tf.add(tf.zeros([elements]), 1))).toThrow(
      expect.objectContaining({ code: 'CSM-BACKEND-TENSOR' }),
    );
    const sum = tf.tidy(() => tf.sum(tf.ones([2000])));
    expect([...(await sum.data())]).toEqual([2000]);
    sum.dispose();
  });

  it('lets its process end by itself', async () => {
    const ladder = new URL('../../../dist/backend/index.js', import.meta.url);
    const program = `
      import { tf, useBackend } from '${ladder}';
      await useBackend('webgpu', { device: '${kind}' });
      const product = tf.matMul(tf.ones([40, 50]), tf.ones([50, 40]));
      process.stdout.write(String((await product.data())[1599]));
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
    expect(stdout).toBe('50');
  });

  it('works on one engine with the other backends', async () => {
    const { engine } = await import('@tensorflow/tfjs-core');
    await start();
    expect(tf.engine()).toBe(engine());
    expect(tf.getBackend()).toBe('webgpu');
  });

  it.skipIf(kind === 'gpu')('is refused on a processor unless that was asked for', async () => {
    await expect(useBackend('webgpu')).rejects.toMatchObject({ code: 'CSM-BACKEND-WEBGPU' });
    await expect(useBackend('webgpu', { device: 'gpu' })).rejects.toMatchObject({ code: 'CSM-BACKEND-NO-GPU' });
    expect(await useBackend('webgpu', { device: 'cpu' })).toMatchObject({ name: 'webgpu', kind: 'cpu' });
    const chosen = await useBackend('auto');
    expect(chosen.name).not.toBe('webgpu');
  });
});
