import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { agreementLimit, compare, gradients, results, sample } from '../agreement.js';
import { tf, useBackend } from '../index.js';

beforeAll(() => useBackend('wasm'));

describe('the transposition', () => {
  it('agrees with cpu for any order of up to five axes', async () => {
    const order = fc
      .array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 })
      .chain((shape) =>
        fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }).map((perm) => ({ shape, perm })),
      );
    await fc.assert(
      fc.asyncProperty(order, async ({ shape, perm }) => {
        const { error, leaked } = await compare('wasm', () => tf.transpose(sample(shape), perm));
        expect(error).toBe(0);
        expect(leaked).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('agrees with cpu for matrices of more than one block', async () => {
    const { error } = await compare('wasm', () => [
      tf.transpose(sample([70, 45])),
      tf.transpose(sample([2, 70, 45]), [0, 2, 1]),
      tf.transpose(sample([33, 2, 40]), [1, 2, 0]),
    ]);
    expect(error).toBe(0);
  });

  it('has the cpu gradient', async () => {
    const { error } = await compare('wasm', () => gradients((x) => tf.transpose(x, [2, 0, 1]), sample([3, 4, 5])));
    expect(error).toBeLessThanOrEqual(agreementLimit);
  });

  it('takes integers and booleans, and an empty tensor', async () => {
    await useBackend('wasm');
    const [integers, booleans, empty] = await results(() => [
      tf.transpose(tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3], 'int32')),
      tf.transpose(tf.tensor2d([true, false, true, true], [2, 2], 'bool')),
      tf.transpose(tf.zeros([0, 3])),
    ]);
    expect([...(integers?.values ?? [])]).toEqual([1, 4, 2, 5, 3, 6]);
    expect([...(booleans?.values ?? [])]).toEqual([1, 1, 0, 1]);
    expect(empty?.shape).toBe('3,0');
  });
});
