import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { agreementLimit, compare, gradients, results, sample } from '../agreement.js';
import { tf, useBackend } from '../index.js';

beforeAll(() => useBackend('wasm'));

describe('the tile', () => {
  it('agrees with cpu for any repetition of any axis', async () => {
    const axis = fc.record({ size: fc.integer({ min: 1, max: 4 }), times: fc.integer({ min: 1, max: 5 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(axis, { minLength: 1, maxLength: 4 }), async (axes) => {
        const { error, leaked } = await compare('wasm', () =>
          tf.tile(
            sample(axes.map((a) => a.size)),
            axes.map((a) => a.times),
          ),
        );
        expect(error).toBe(0);
        expect(leaked).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('has the cpu gradient', async () => {
    const { error } = await compare('wasm', () => gradients((x) => tf.tile(x, [2, 3]), sample([1, 4])));
    expect(error).toBeLessThanOrEqual(agreementLimit);
  });

  it('takes integers and booleans', async () => {
    await useBackend('wasm');
    const [integers, booleans] = await results(() => [
      tf.tile(tf.tensor1d([1, 2], 'int32'), [2]),
      tf.tile(tf.tensor1d([true, false], 'bool'), [3]),
    ]);
    expect([...(integers?.values ?? [])]).toEqual([1, 2, 1, 2]);
    expect([...(booleans?.values ?? [])]).toEqual([1, 0, 1, 0, 1, 0]);
  });
});
