import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../index.js';
import { allocate, free, scratch } from './heap.js';
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

  it('fails with the same code where a kernel finds no room to work, and gives back what it had', async () => {
    const before = wasmBackend().numDataIds();
    const gibibyte = [2 ** 28];
    const held = [1, 2, 3].map(() => allocate(wasmBackend(), gibibyte));
    const shortage = expect.objectContaining({
      code: 'CSM-BACKEND-MEMORY',
      remedy: expect.stringContaining('training.batchSize'),
    });
    expect(() => scratch(wasmBackend(), 2 ** 30, () => 0)).toThrow(shortage);
    free(wasmBackend(), ...held);
    expect(scratch(wasmBackend(), 2 ** 30, (memory) => memory % 8)).toBe(0);
    expect(wasmBackend().numDataIds()).toBe(before);
  });

  it('computes above 2 GiB, where addresses come out negative', async () => {
    const low = [1, 2].map(() => allocate(wasmBackend(), [2 ** 28]));
    const product = tf.tidy(() => tf.slice(tf.matMul(tf.ones([3, 4]), tf.ones([5, 4]), false, true), [1, 1], [1, 2]));
    expect([...(await product.data())]).toEqual([4, 4]);
    const convolved = tf.tidy(() => tf.conv2d(tf.ones<tf.Rank.R4>([1, 3, 3, 4]), tf.ones([3, 3, 4, 1]), 1, 'same'));
    expect([...(await convolved.data())]).toEqual([16, 24, 16, 24, 36, 24, 16, 24, 16]);
    const turned = tf.tidy(() => tf.transpose(tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3])));
    expect([...(await turned.data())]).toEqual([1, 4, 2, 5, 3, 6]);
    tf.dispose([product, convolved, turned]);
    free(wasmBackend(), ...low);
  });
});
