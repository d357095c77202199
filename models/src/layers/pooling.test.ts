import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { numberBackends } from '../testing/index.js';
import { channelMax, maxPool, tokenMean } from './index.js';

const backends = await numberBackends();

describe('maxPool', () => {
  beforeAll(() => useBackend('cpu'));
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

describe.each(backends)('channelMax on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  const x = () => tf.tensor3d([1, 5, 2, -3, -1, -2, 4, 0, 0, 0, 0, 6], [2, 2, 3]);

  it('takes the largest channel of each place', () => {
    const y = channelMax(x());
    expect(y.shape).toEqual([2, 2]);
    expect([...y.dataSync()]).toEqual([5, -1, 4, 6]);
  });

  it('sends the gradient to the largest', () => {
    const slope = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    const gradient = tf.grad((at) =>
      channelMax(at as tf.Tensor3D)
        .mul(slope)
        .sum(),
    )(x());
    expect([...gradient.dataSync()]).toEqual([0, 1, 0, 0, 2, 0, 3, 0, 0, 0, 0, 4]);
  });

  it('moves nothing before a ReLU whose channels are all 0', () => {
    const gradient = tf.grad((at) => channelMax(tf.relu(at as tf.Tensor3D)).sum())(tf.fill([1, 1, 5], -1));
    expect([...gradient.dataSync()]).toEqual([0, 0, 0, 0, 0]);
  });
});

describe.each(backends)('tokenMean on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  const x = () => tf.tensor3d([1, 2, 3, 4, 8, 0, -1, 5, 7, 9, 99, 199], [2, 3, 2]);
  const values = (y: tf.Tensor) => [...y.dataSync()].map((value) => Math.round(value * 1e5) / 1e5);

  it('is the mean over the tokens', () => {
    const y = tokenMean(x());
    expect(y.shape).toEqual([2, 2]);
    expect(values(y)).toEqual([4, 2, 35, 71]);
  });

  it('leaves out absent tokens, whatever stands there', () => {
    expect(values(tokenMean(x(), tf.tensor2d([1, 1, 1, 1, 1, 0], [2, 3])))).toEqual([4, 2, 3, 7]);
  });

  it('is 0 for an empty bag', () => {
    expect(values(tokenMean(x(), tf.tensor2d([0, 0, 0, 0, 1, 0], [2, 3])))).toEqual([0, 0, 7, 9]);
  });

  it('shares the gradient out among the tokens that are there', () => {
    const present = tf.tensor2d([1, 1, 1, 0, 1, 1], [2, 3]);
    const pull = tf.tensor2d([3, 6, 2, 4], [2, 2]);
    const gradient = tf.grad((at) =>
      tokenMean(at as tf.Tensor3D, present)
        .mul(pull)
        .sum(),
    )(x());
    expect(values(gradient)).toEqual([1, 2, 1, 2, 1, 2, 0, 0, 1, 2, 1, 2]);
  });
});
