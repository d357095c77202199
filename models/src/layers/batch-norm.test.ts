import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { numberBackends } from '../testing/index.js';
import fixture from './batch-norm.fixture.json' with { type: 'json' };
import { batchNorm, inference } from './index.js';

const backends = await numberBackends();

const { eps, momentum } = fixture;
const training = { eps, momentum, mode: { training: true, seed: 0 } };

const weights = (mean: number[], variance: number[]) => ({
  'n/gamma': tf.tensor1d(fixture.gamma),
  'n/beta': tf.tensor1d(fixture.beta),
  'n/moving_mean': tf.variable(tf.tensor1d(mean)),
  'n/moving_variance': tf.variable(tf.tensor1d(variance)),
});
const apart = (actual: tf.Tensor, wanted: number[] | number[][]) =>
  actual.sub(tf.tensor(wanted)).abs().max().dataSync()[0];

describe.each(backends)('batchNorm on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('normalises with the batch while training, and moves its averages', () => {
    const fresh = weights([0, 0], [1, 1]);
    expect(apart(batchNorm(fresh, 'n', tf.tensor2d(fixture.x), training), fixture.training)).toBeLessThan(1e-5);
    expect(apart(fresh['n/moving_mean'], fixture.mean)).toBeLessThan(1e-6);
    expect(apart(fresh['n/moving_variance'], fixture.variance)).toBeLessThan(1e-6);
  });

  it('normalises with its averages otherwise, and leaves them', () => {
    const { mean, variance, output } = fixture.inference;
    const moved = weights(mean, variance);
    const y = batchNorm(moved, 'n', tf.tensor2d(fixture.x), { eps, momentum, mode: inference });
    expect(apart(y, output)).toBeLessThan(1e-5);
    expect(apart(moved['n/moving_mean'], mean)).toBe(0);
  });

  it('takes the pixels of images for rows', () => {
    const image = tf.tensor4d(fixture.x.flat(), [2, 2, 1, 2]);
    const y = batchNorm(weights([0, 0], [1, 1]), 'n', image, training);
    expect(y.shape).toEqual([2, 2, 1, 2]);
    expect(apart(y.reshape([4, 2]), fixture.training)).toBeLessThan(1e-5);
  });

  it('has the same gradients by hand as by automatic differentiation', () => {
    const x = tf.randomNormal([6, 3], 1, 2, 'float32', 1);
    const [gamma, beta] = [tf.randomNormal([3], 1, 0.3, 'float32', 2), tf.randomNormal([3], 0, 1, 'float32', 3)];
    const pull = tf.randomNormal([6, 3], 0, 1, 'float32', 4);
    const averages = { 'n/moving_mean': tf.variable(tf.zeros([3])), 'n/moving_variance': tf.variable(tf.ones([3])) };
    const automatic = (input: tf.Tensor, g: tf.Tensor, b: tf.Tensor) => {
      const { mean, variance } = tf.moments(input, 0);
      return input.sub(mean).div(variance.add(eps).sqrt()).mul(g).add(b).mul(pull).sum();
    };
    const byHand = (input: tf.Tensor, g: tf.Tensor, b: tf.Tensor) =>
      batchNorm({ ...averages, 'n/gamma': g, 'n/beta': b }, 'n', input, training)
        .mul(pull)
        .sum();
    const wanted = tf.grads(automatic)([x, gamma, beta]);
    tf.grads(byHand)([x, gamma, beta]).forEach((gradient, index) => {
      expect(gradient.sub(wanted[index]!).abs().max().dataSync()[0]).toBeLessThan(1e-5);
    });
  });

  it('cannot move averages that are no variables', () => {
    const fixed = { ...weights([0, 0], [1, 1]), 'n/moving_mean': tf.tensor1d([0, 0]) };
    expect(() => batchNorm(fixed, 'n', tf.tensor2d(fixture.x), training)).toThrow(TypeError);
  });
});
