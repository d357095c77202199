import { beforeAll, describe, expect, it } from 'vitest';
import { agreementLimit, compare, results, sample } from '../agreement.js';
import { tf, useBackend } from '../index.js';

beforeAll(() => useBackend('wasm'));

const filterGradient =
  (image: number[], filter: [number, number, number, number], stride: number, pad: 'same' | 'valid' | number) => () => {
    const x = sample(image) as tf.Tensor4D;
    const f = sample(filter, 2) as tf.Tensor4D;
    const [height = 1, width = 1] = tf.conv2d(x, f, stride, pad).shape.slice(1);
    const dy = sample([image[0] ?? 1, height, width, filter[3]], 3);
    return tf.grad((weights: tf.Tensor) => tf.conv2d(x, weights as tf.Tensor4D, stride, pad))(f, dy);
  };

describe('the gradient of a convolution by its filter', () => {
  it.each([
    ['3×3', [2, 9, 7, 3], [3, 3, 3, 5], 1, 'same'],
    ['3×3 stride 2', [2, 9, 8, 3], [3, 3, 3, 5], 2, 'same'],
    ['3×3 stride 2 without padding', [2, 10, 7, 3], [3, 3, 3, 5], 2, 'valid'],
    ['5×3', [2, 9, 9, 3], [5, 3, 3, 5], 1, 'valid'],
    ['1×1', [2, 5, 5, 3], [1, 1, 3, 5], 1, 'same'],
    ['1×1 stride 2', [2, 7, 7, 3], [1, 1, 3, 5], 2, 'valid'],
    ['7×7 stride 2', [2, 20, 17, 3], [7, 7, 3, 5], 2, 'same'],
    ['4×4 stride 3', [2, 12, 11, 3], [4, 4, 3, 5], 3, 'valid'],
    ['a filter wider than the image', [1, 2, 1, 2], [5, 5, 2, 3], 1, 'same'],
    ['padding by number', [2, 8, 8, 4], [3, 3, 4, 5], 1, 1],
  ] as const)('agrees with cpu: %s', async (_, image, filter, stride, pad) => {
    const { error, leaked } = await compare('wasm', filterGradient([...image], [...filter], stride, pad));
    expect(error).toBeLessThanOrEqual(agreementLimit);
    expect(leaked).toBe(0);
  });

  it('is the sum over the images when their patches do not fit one chunk', async () => {
    await useBackend('wasm');
    // 3·3·24 taps × 64² pixels × 4 bytes = 3.5 MB an image: fourteen of the twenty in the first chunk.
    const gradient = (x: tf.Tensor) => {
      const convolve = (f: tf.Tensor) => tf.sum(tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 'same'));
      return tf.grad(convolve)(sample([3, 3, 24, 2]));
    };
    const [apart] = await results(() => {
      const images = sample([20, 64, 64, 24]);
      const halves = tf.add(gradient(tf.slice(images, 0, 10)), gradient(tf.slice(images, 10, 10)));
      const whole = gradient(images);
      return tf.div(tf.norm(tf.sub(whole, halves)), tf.norm(whole));
    });
    expect(apart?.values[0]).toBeLessThanOrEqual(agreementLimit);
  });
});
