import { beforeAll, describe, expect, it } from 'vitest';
import { agreementLimit, compare, gradients, results, sample } from '../agreement.js';
import { tf, useBackend } from '../index.js';

beforeAll(() => useBackend('wasm'));

describe('the sum by segment', () => {
  it.each([
    ['rows', [4, 3], 0],
    ['columns', [4, 3, 2], 1],
    ['numbers', [4], 0],
  ] as const)('is the gradient of a gather of %s', async (_, shape, axis) => {
    const { error, leaked } = await compare('wasm', () =>
      gradients((x) => tf.gather(x, tf.tensor1d([0, 2, 2, 1], 'int32'), axis), sample(shape)),
    );
    expect(error).toBeLessThanOrEqual(agreementLimit);
    expect(leaked).toBe(0);
  });

  it('leaves out ids beyond the segments and sums integers', async () => {
    await useBackend('wasm');
    const [floats, integers] = await results(() => [
      tf.unsortedSegmentSum(tf.tensor1d([1, 2, 4, 8]), tf.tensor1d([0, 5, -1, 0], 'int32'), 2),
      tf.unsortedSegmentSum(tf.tensor1d([1, 2, 4], 'int32'), tf.tensor1d([1, 1, 0], 'int32'), 3),
    ]);
    expect([...(floats?.values ?? [])]).toEqual([9, 0]);
    expect([...(integers?.values ?? [])]).toEqual([4, 3, 0]);
  });
});
