import { beforeAll, describe, expect, it } from 'vitest';
import { agreementLimit, compare, gradients, sample } from '../agreement.js';
import { tf, useBackend } from '../index.js';

beforeAll(() => useBackend('wasm'));

describe('the gradients of a depthwise convolution by input and filter', () => {
  it.each([
    ['multiplier 1', [3, 3, 3, 1], 1, 'same'],
    ['multiplier 2', [3, 3, 3, 2], 1, 'same'],
    ['stride 2', [3, 3, 3, 2], 2, 'same'],
    ['stride 2 without padding', [3, 2, 3, 2], 2, 'valid'],
  ] as const)('agree with cpu: %s', async (_, filter, stride, pad) => {
    const { error, leaked } = await compare('wasm', () =>
      gradients(
        (x, f) => tf.depthwiseConv2d(x as tf.Tensor4D, f as tf.Tensor4D, stride, pad),
        sample([2, 9, 8, 3]),
        sample(filter, 2),
      ),
    );
    expect(error).toBeLessThanOrEqual(agreementLimit);
    expect(leaked).toBe(0);
  });

  it('are refused for a dilated filter', async () => {
    await useBackend('wasm');
    const dilated = (x: tf.Tensor) => tf.depthwiseConv2d(x as tf.Tensor4D, tf.ones([3, 3, 3, 1]), 1, 'same', 'NHWC', 2);
    expect(() => gradients(dilated, sample([1, 9, 8, 3]))).toThrow(/dilation/);
  });
});
