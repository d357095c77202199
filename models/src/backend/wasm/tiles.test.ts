import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { convolution } from '../../operations/index.js';
import { agreementLimit, compare, gradients, results, sample } from '../agreement.js';
import { tf, useBackend } from '../index.js';
import { goesByTiles } from './tiles.js';

beforeAll(() => useBackend('wasm'));

const layer =
  (activation: 'linear' | 'relu') =>
  (x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor): tf.Tensor =>
    convolution(x as tf.Tensor4D, kernel as tf.Tensor4D, bias as tf.Tensor1D, activation);

const inputs = (batch: number, height: number, width: number, inner: number, outer: number) =>
  [sample([batch, height, width, inner]), sample([3, 3, inner, outer], 2), sample([outer], 3)] as const;

const geometry = (x: number[], filter: number[], pad: 'same' | 'valid' = 'same') =>
  tf.backend_util.computeConv2DInfo(
    x as [number, number, number, number],
    filter as [number, number, number, number],
    1,
    1,
    pad,
  );

describe('the convolution by tiles', () => {
  it('takes 3 × 3 filters over whole vectors of channels, where there are tiles enough', () => {
    expect(goesByTiles(geometry([4, 8, 8, 16], [3, 3, 16, 16]))).toBe(true);
    expect(goesByTiles(geometry([3, 8, 8, 16], [3, 3, 16, 16]))).toBe(false);
    expect(goesByTiles(geometry([4, 8, 8, 17], [3, 3, 17, 16]))).toBe(false);
    expect(goesByTiles(geometry([4, 8, 8, 16], [3, 1, 16, 16]))).toBe(false);
    expect(goesByTiles(geometry([4, 8, 8, 3], [3, 3, 3, 16]))).toBe(false);
  });

  it('agrees with cpu for any size, value and gradients', async () => {
    const size = fc.integer({ min: 6, max: 12 });
    const channels = fc.integer({ min: 4, max: 7 }).map((fours) => 4 * fours);
    const kind = fc.constantFrom('linear' as const, 'relu' as const);
    await fc.assert(
      fc.asyncProperty(size, size, channels, channels, kind, async (height, width, inner, outer, activation) => {
        const given = () => inputs(7, height, width, inner, outer);
        const { error, leaked } = await compare('wasm', () => [
          layer(activation)(...given()),
          ...gradients(layer(activation), ...given()),
        ]);
        expect(error).toBeLessThanOrEqual(agreementLimit);
        expect(leaked).toBe(0);
      }),
      { numRuns: 12 },
    );
  });

  it('agrees with cpu without padding, and over several blocks of tiles', async () => {
    const { error, leaked } = await compare('wasm', () => [
      tf.conv2d(sample([2, 20, 19, 16]) as tf.Tensor4D, sample([3, 3, 16, 20], 2) as tf.Tensor4D, 1, 'valid'),
      ...gradients(
        (x, filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'valid'),
        sample([2, 34, 37, 16]),
        sample([3, 3, 16, 20], 2),
      ),
    ]);
    expect(error).toBeLessThanOrEqual(agreementLimit);
    expect(leaked).toBe(0);
  });

  it('gives the same bits twice', async () => {
    await useBackend('wasm');
    const run = () => results(() => gradients(layer('relu'), ...inputs(4, 9, 9, 16, 16)));
    expect(await run()).toEqual(await run());
  });
});
