import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../index.js';
import { wasmBackend } from './index.js';

beforeAll(() => useBackend('wasm'));

describe('a clone', () => {
  it('shares the values, and either lives on without the other', async () => {
    const before = wasmBackend().numDataIds();
    const original = tf.tensor1d([1, 2, 3]);
    const clone = original.clone();
    expect(wasmBackend().numDataIds()).toBe(before + 1);
    original.dispose();
    expect([...(await clone.data())]).toEqual([1, 2, 3]);
    clone.dispose();
    expect(wasmBackend().numDataIds()).toBe(before);
  });

  it('does not follow a variable that takes new values', async () => {
    const variable = tf.variable(tf.tensor1d([1, 2]));
    const clone = variable.clone();
    tf.tidy(() => variable.assign(tf.tensor1d([3, 4])));
    expect([...(await clone.data())]).toEqual([1, 2]);
    tf.dispose([variable, clone]);
  });
});
