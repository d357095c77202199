import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { dropoutMask } from './index.js';

const draw = async (shape: readonly number[], rate: number, seeds: readonly [number, number]) => {
  const mask = dropoutMask(shape, rate, seeds);
  const values = await mask.data();
  const result = { shape: mask.shape, values: [...values] };
  mask.dispose();
  return result;
};

describe.each(['cpu', 'wasm'] as const)('a dropout mask on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('holds 0 and 1/(1 − rate) alone, about as many as the rate says', async () => {
    const { shape, values } = await draw([4, 50, 51], 0.3, [1, 2]);
    expect(shape).toEqual([4, 50, 51]);
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / 0.7)]));
    expect(values.filter((value) => value === 0).length / values.length).toBeCloseTo(0.3, 1);
  });

  it('follows from its seeds', async () => {
    const first = await draw([1001], 0.5, [5, 6]);
    expect(await draw([1001], 0.5, [5, 6])).toEqual(first);
    expect(await draw([1001], 0.5, [5, 7])).not.toEqual(first);
    expect(await draw([1001], 0.5, [6, 6])).not.toEqual(first);
  });

  it('is the same on every backend', async () => {
    const here = await draw([7, 11, 13], 0.1, [123_456_789, 2 ** 31 - 1]);
    await useBackend('cpu');
    const there = await draw([7, 11, 13], 0.1, [123_456_789, 2 ** 31 - 1]);
    await useBackend(backend);
    expect(here).toEqual(there);
  });

  it('keeps everything at rate 0', async () => {
    const { values } = await draw([33], 0, [1, 1]);
    expect(values.every((value) => value === 1)).toBe(true);
  });

  it('leaves nothing behind', async () => {
    const before = tf.memory().numTensors;
    await draw([100], 0.5, [1, 1]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
