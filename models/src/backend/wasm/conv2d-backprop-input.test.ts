import { beforeAll, describe, expect, it } from 'vitest';
import { agreementLimit, compare, sample } from '../agreement.js';
import { tf, useBackend } from '../index.js';

beforeAll(() => useBackend('wasm'));

describe('the gradient of a convolution by its input', () => {
  it.each([
    ['3×3', [2, 9, 7, 3], [3, 3, 3, 5], 1, 'same'],
    ['3×3 stride 2', [2, 9, 8, 3], [3, 3, 3, 5], 2, 'same'],
    ['3×3 stride 2 without padding', [2, 10, 7, 3], [3, 3, 3, 5], 2, 'valid'],
    ['1×1 stride 2', [2, 7, 7, 3], [1, 1, 3, 5], 2, 'valid'],
    ['7×7 stride 2', [2, 20, 17, 3], [7, 7, 3, 5], 2, 'same'],
    ['4×4 stride 3', [2, 12, 11, 3], [4, 4, 3, 5], 3, 'valid'],
    ['padding by number', [2, 8, 8, 4], [3, 3, 4, 5], 1, 1],
    ['padding wider than the filter', [2, 6, 6, 2], [1, 1, 2, 3], 1, 2],
  ] as const)('agrees with cpu: %s', async (_, image, filter, stride, pad) => {
    const { error, leaked } = await compare('wasm', () => {
      const x = sample(image);
      const f = sample(filter, 2) as tf.Tensor4D;
      const convolve = (input: tf.Tensor) => tf.conv2d(input as tf.Tensor4D, f, stride, pad);
      return tf.grad(convolve)(x, sample(convolve(x).shape, 3));
    });
    expect(error).toBeLessThanOrEqual(agreementLimit);
    expect(leaked).toBe(0);
  });

  it('serves the transposed convolution', async () => {
    const { error } = await compare('wasm', () =>
      tf.conv2dTranspose(
        sample([2, 6, 6, 4]) as tf.Tensor4D,
        sample([3, 3, 3, 4], 2) as tf.Tensor4D,
        [2, 12, 12, 3],
        2,
        'same',
      ),
    );
    expect(error).toBeLessThanOrEqual(agreementLimit);
  });
});
