import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { layerNorm } from '../../operations/index.js';
import { agreementLimit, compare, gradients, sample } from '../agreement.js';
import { type tf, useBackend } from '../index.js';

beforeAll(() => useBackend('wasm'));

const eps = 1e-5;
const normalise = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) =>
  layerNorm(x as tf.Tensor2D, gamma as tf.Tensor1D, beta as tf.Tensor1D, eps);

describe('the layer normalisation in one pass', () => {
  it('agrees with the plain form for any size, value and gradients', async () => {
    // Over one value or two the slope vanishes but for rounding.
    const sizes = fc.tuple(fc.integer({ min: 1, max: 150 }), fc.integer({ min: 4, max: 40 }));
    await fc.assert(
      fc.asyncProperty(sizes, async ([rows, width]) => {
        const inputs = () => [sample([rows, width]), sample([width], 2), sample([width], 3)] as const;
        const { error, leaked } = await compare('wasm', () => [
          normalise(...inputs()),
          ...gradients(normalise, ...inputs()),
        ]);
        expect(error).toBeLessThanOrEqual(agreementLimit);
        expect(leaked).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('sums the slopes of many rows precisely', async () => {
    const { error } = await compare('wasm', () =>
      gradients(normalise, sample([9000, 20]), sample([20], 2), sample([20], 3)),
    );
    expect(error).toBeLessThanOrEqual(agreementLimit);
  });
});
