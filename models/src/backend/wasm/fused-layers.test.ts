import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { convolution, dense } from '../../operations/index.js';
import { agreementLimit, compare, gradients, results, sample } from '../agreement.js';
import { type Activation, tf, useBackend } from '../index.js';

beforeAll(() => useBackend('wasm'));

const activation = fc.constantFrom<Activation>('linear', 'relu');
const size = fc.integer({ min: 1, max: 24 });

describe('products with bias and activation in one pass', () => {
  it('agree with the plain form for any dense layer, value and gradients', async () => {
    await fc.assert(
      fc.asyncProperty(size, size, size, activation, async (rows, inputs, outputs, kind) => {
        const layer = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
          dense(x as tf.Tensor2D, w as tf.Tensor2D, b as tf.Tensor1D, kind);
        const given = () => [sample([rows, inputs]), sample([inputs, outputs], 2), sample([outputs], 3)] as const;
        const { error, leaked } = await compare('wasm', () => [layer(...given()), ...gradients(layer, ...given())]);
        expect(error).toBeLessThanOrEqual(agreementLimit);
        expect(leaked).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('agree with the plain form for any convolution, value and gradients', async () => {
    const tap = fc.integer({ min: 1, max: 4 });
    const shape = fc.tuple(tap, size, size, tap, tap, size, size);
    await fc.assert(
      fc.asyncProperty(shape, activation, async ([batch, height, width, rows, columns, inner, outer], kind) => {
        const layer = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
          convolution(x as tf.Tensor4D, w as tf.Tensor4D, b as tf.Tensor1D, kind);
        const given = () =>
          [
            sample([batch, height, width, inner]),
            sample([rows, columns, inner, outer], 2),
            sample([outer], 3),
          ] as const;
        const { error, leaked } = await compare('wasm', () => [layer(...given()), ...gradients(layer, ...given())]);
        expect(error).toBeLessThanOrEqual(agreementLimit);
        expect(leaked).toBe(0);
      }),
      { numRuns: 25 },
    );
  });

  it('agree with the plain form where sums go by several blocks', async () => {
    const { error } = await compare('wasm', () => [
      dense(
        sample([300, 700]) as tf.Tensor2D,
        sample([700, 30], 2) as tf.Tensor2D,
        sample([30], 3) as tf.Tensor1D,
        'relu',
      ),
    ]);
    expect(error).toBeLessThanOrEqual(agreementLimit);
  });

  it('let NaN through a ReLU, and give the bias for no inputs', async () => {
    await useBackend('wasm');
    const [through, bias] = await results(() => [
      dense(tf.tensor2d([[Number.NaN]]), tf.tensor2d([[1, 2]]), tf.tensor1d([0, 0]), 'relu'),
      dense(tf.zeros([2, 0]), tf.zeros([0, 2]), tf.tensor1d([-1, 3]), 'relu'),
    ]);
    expect([...(through?.values ?? [])]).toEqual([Number.NaN, Number.NaN]);
    expect([...(bias?.values ?? [])]).toEqual([0, 3, 0, 3]);
  });

  it('give the same bits twice', async () => {
    await useBackend('wasm');
    const run = () =>
      results(() =>
        dense(sample([77, 600]) as tf.Tensor2D, sample([600, 41], 2) as tf.Tensor2D, tf.zeros([41]), 'linear'),
      );
    expect(await run()).toEqual(await run());
  });
});
