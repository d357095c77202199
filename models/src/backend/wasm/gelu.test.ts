import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { gelu } from '../../operations/index.js';
import { agreementLimit, compare, gradients, results, sample } from '../agreement.js';
import { tf, useBackend } from '../index.js';

beforeAll(() => useBackend('wasm'));

const apply = (x: tf.Tensor) => gelu(x as tf.Tensor2D);

describe('the GELU in one pass', () => {
  it('agrees with the plain form for any size and range, value and gradient', async () => {
    const size = fc.integer({ min: 1, max: 30 });
    await fc.assert(
      fc.asyncProperty(size, size, fc.double({ min: 0.1, max: 8, noNaN: true }), async (rows, width, range) => {
        const x = () => tf.mul(sample([rows, width]), range);
        const { error, leaked } = await compare('wasm', () => [apply(x()), ...gradients(apply, x())]);
        expect(error).toBeLessThanOrEqual(agreementLimit);
        expect(leaked).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('goes to 0 and to x far out, and lets NaN through', async () => {
    await useBackend('wasm');
    const [y, slope] = await results(() => {
      const x = tf.tensor2d([[-1e30, -40, 0, 40, 1e30, Number.NaN]]);
      return [apply(x), tf.grad(apply)(x)];
    });
    const far = [...(y?.values ?? [])];
    expect(Math.abs(far[1] ?? 1)).toBeLessThan(1e-30);
    expect(far.slice(2, 5)).toEqual([0, 40, Math.fround(1e30)]);
    expect(far[5]).toBeNaN();
    expect([...(slope?.values ?? [])].slice(1, 4)).toEqual([expect.closeTo(0, 20), 0.5, 1]);
  });
});
