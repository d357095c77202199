import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../index.js';
import { allocate, free } from './heap.js';
import { wasmBackend } from './index.js';
import { trainingKernels } from './kernels.js';

beforeAll(() => useBackend('wasm'));

describe('the wasm backend', () => {
  it('has every training kernel once, in the order of their names', () => {
    const names = trainingKernels.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)].sort());
    for (const name of names) expect(tf.getKernel(name, 'wasm')).toBeDefined();
  });

  it('fails with a code at the end of its heap, and works on', async () => {
    const before = wasmBackend().numDataIds();
    const gibibyte = [2 ** 28];
    const held: tf.TensorInfo[] = [];
    const fill = () => {
      for (let i = 0; i < 4; i++) held.push(allocate(wasmBackend(), gibibyte));
    };
    expect(fill).toThrow(expect.objectContaining({ code: 'CSM-BACKEND-MEMORY', details: { mebibytes: 1024 } }));
    free(wasmBackend(), ...held);
    expect(wasmBackend().numDataIds()).toBe(before);
    const sum = tf.tidy(() => tf.sum(tf.ones([10])));
    expect([...(await sum.data())]).toEqual([10]);
    sum.dispose();
  });

  it('computes above 2 GiB, where addresses come out negative', async () => {
    const low = [1, 2].map(() => allocate(wasmBackend(), [2 ** 28]));
    const product = tf.tidy(() => tf.slice(tf.matMul(tf.ones([3, 4]), tf.ones([5, 4]), false, true), [1, 1], [1, 2]));
    expect([...(await product.data())]).toEqual([4, 4]);
    product.dispose();
    free(wasmBackend(), ...low);
  });
});
