import { beforeAll, describe, expect, it } from 'vitest';
import { agreementLimit, compare, gradients, results, sample } from '../agreement.js';
import { tf, useBackend } from '../index.js';

beforeAll(() => useBackend('wasm'));

describe('the gradient of max pooling', () => {
  it.each([
    [2, 2, 'valid'],
    [3, 1, 'same'],
    [3, 2, 'same'],
    [3, 2, 'valid'],
  ] as const)('agrees with cpu: window %d, stride %d, %s', async (window, stride, pad) => {
    const { error, leaked } = await compare('wasm', () =>
      gradients((x) => tf.maxPool(x as tf.Tensor4D, window, stride, pad), sample([2, 9, 8, 3])),
    );
    expect(error).toBeLessThanOrEqual(agreementLimit);
    expect(leaked).toBe(0);
  });

  it.each([
    [2, 2, [2, 9, 8, 8]],
    [3, 3, [1, 10, 9, 4]],
    [2, 3, [2, 8, 9, 12]],
  ] as const)(
    'agrees with cpu for windows apart, four channels at a time: window %d, stride %d',
    async (window, stride, shape) => {
      const { error, leaked } = await compare('wasm', () =>
        gradients((x) => tf.maxPool(x as tf.Tensor4D, window, stride, 'valid'), sample([...shape])),
      );
      expect(error).toBe(0);
      expect(leaked).toBe(0);
    },
  );

  it('gives a tie to the first of the equals, four channels at a time', async () => {
    const { error } = await compare('wasm', () =>
      gradients((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'), tf.zeros([1, 4, 4, 4])),
    );
    expect(error).toBe(0);
  });

  it('reaches windows without a positive value', async () => {
    await useBackend('wasm');
    const [gradient] = await results(() =>
      tf.grad((x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'))(
        tf.tensor4d([-4, -3, -2, -1, -8, -7, -5, -6], [1, 2, 4, 1]),
        tf.tensor4d([10, 20], [1, 1, 2, 1]),
      ),
    );
    expect([...(gradient?.values ?? [])]).toEqual([0, 10, 0, 20, 0, 0, 0, 0]);
  });

  it('gives a tie to the first of the equals', async () => {
    const { error } = await compare('wasm', () =>
      gradients((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'same'), tf.zeros([1, 5, 5, 2])),
    );
    expect(error).toBe(0);
  });
});
