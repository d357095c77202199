import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { agreementLimit, compare, gradients, results, sample } from '../agreement.js';
import { tf, useBackend } from '../index.js';

beforeAll(() => useBackend('wasm'));

describe('the slice', () => {
  it('agrees with cpu for any box of a tensor of rank 1 to 5', async () => {
    const axis = fc
      .integer({ min: 1, max: 5 })
      .chain((size) =>
        fc
          .integer({ min: 0, max: size - 1 })
          .chain((begin) => fc.integer({ min: 0, max: size - begin }).map((count) => ({ size, begin, count }))),
      );
    await fc.assert(
      fc.asyncProperty(fc.array(axis, { minLength: 1, maxLength: 5 }), async (axes) => {
        const { error, leaked } = await compare('wasm', () =>
          tf.slice(
            sample(axes.map((a) => a.size)),
            axes.map((a) => a.begin),
            axes.map((a) => a.count),
          ),
        );
        expect(error).toBe(0);
        expect(leaked).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('has the cpu gradient', async () => {
    const { error } = await compare('wasm', () =>
      gradients((x) => tf.slice(x, [0, 1, 2], [2, 3, -1]), sample([2, 5, 5])),
    );
    expect(error).toBeLessThanOrEqual(agreementLimit);
  });

  it('takes integers, booleans and strings', async () => {
    await useBackend('wasm');
    const [integers, booleans] = await results(() => [
      tf.slice(tf.tensor1d([1, 2, 3, 4], 'int32'), [1], [2]),
      tf.slice(
        tf.tensor2d(
          [
            [1, 0, 1],
            [0, 1, 1],
          ],
          [2, 3],
          'bool',
        ),
        [0, 1],
        [2, 2],
      ),
    ]);
    expect([...(integers?.values ?? [])]).toEqual([2, 3]);
    expect([...(booleans?.values ?? [])]).toEqual([0, 1, 1, 1]);
    expect(await tf.slice(tf.tensor1d(['a', 'b', 'c']), [1], [1]).data()).toEqual(['b']);
  });

  it('refuses a box that reaches past the end', async () => {
    await useBackend('wasm');
    expect(() => tf.slice(tf.zeros([3]), [2], [2])).toThrow();
  });
});
