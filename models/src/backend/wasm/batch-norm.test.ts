import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { batchNorm } from '../../operations/index.js';
import { agreementLimit, compare, gradients, results, sample } from '../agreement.js';
import { tf, useBackend } from '../index.js';

beforeAll(() => useBackend('wasm'));

const eps = 1e-3;
const normalise = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) =>
  batchNorm(x as tf.Tensor2D, gamma as tf.Tensor1D, beta as tf.Tensor1D, eps);

describe('the batch normalisation in one pass', () => {
  it('agrees with the plain form for any size, value, statistics and gradients', async () => {
    // Over one row or two the slope vanishes but for rounding.
    const sizes = fc.tuple(fc.integer({ min: 4, max: 150 }), fc.integer({ min: 1, max: 40 }));
    await fc.assert(
      fc.asyncProperty(sizes, async ([rows, channels]) => {
        const inputs = () => [sample([rows, channels]), sample([channels], 2), sample([channels], 3)] as const;
        const { error, leaked } = await compare('wasm', () => {
          const { y, mean, variance } = normalise(...inputs());
          return [y, mean, variance, ...gradients((x, g, b) => normalise(x, g, b).y, ...inputs())];
        });
        expect(error).toBeLessThanOrEqual(agreementLimit);
        expect(leaked).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps its precision far from zero and over many rows', async () => {
    const { error } = await compare('wasm', () => {
      const x = tf.add(sample([20_000, 9]), 30);
      const { mean, variance } = normalise(x, tf.ones([9]), tf.zeros([9]));
      return [mean, variance];
    });
    expect(error).toBeLessThanOrEqual(agreementLimit);
  });

  it('gives the same bits twice', async () => {
    const run = () => results(() => normalise(sample([999, 33]), sample([33], 2), sample([33], 3)).y);
    await useBackend('wasm');
    expect(await run()).toEqual(await run());
  });
});
