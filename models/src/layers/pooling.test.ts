import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { maxPool } from './index.js';

beforeAll(() => useBackend('cpu'));

describe('maxPool', () => {
  const x = () => tf.tensor4d([1, 5, 2, 0, 3, 4, 9, 8, 7, 7.5, 6, 1], [1, 3, 4, 1]);

  it('takes the largest of each whole square', () => {
    const y = maxPool(x());
    expect(y.shape).toEqual([1, 1, 2, 1]);
    expect([...y.dataSync()]).toEqual([5, 9]);
  });

  it('sends the gradient to the largest alone', () => {
    const slope = tf.tensor4d([2, 3], [1, 1, 2, 1]);
    const gradient = tf.grad((at) =>
      maxPool(at as tf.Tensor4D)
        .mul(slope)
        .sum(),
    )(x());
    expect([...gradient.dataSync()]).toEqual([0, 2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0]);
  });
});
