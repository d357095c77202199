import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { numberBackends } from '../testing/index.js';
import fixture from './group-norm.fixture.json' with { type: 'json' };
import { groupNorm, groupNormParameters } from './index.js';

const backends = await numberBackends();

const { groups, eps, shape } = fixture;
const image = (values: number[]) => tf.tensor4d(values, shape as [number, number, number, number]);
const weights = (gamma: tf.Tensor, beta: tf.Tensor) => ({ 'n/gamma': gamma, 'n/beta': beta });
const worked = () => weights(tf.tensor1d(fixture.gamma), tf.tensor1d(fixture.beta));
const apart = (actual: tf.Tensor, wanted: tf.Tensor) => actual.sub(wanted).abs().max().dataSync()[0];

describe.each(backends)('groupNorm on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('gives the worked example', () => {
    const y = groupNorm(worked(), 'n', image(fixture.x), { groups, eps });
    expect(y.shape).toEqual(shape);
    expect(apart(y, image(fixture.output))).toBeLessThan(1e-5);
  });

  it('has the gradients of the worked example', () => {
    const pulled = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) =>
      groupNorm(weights(gamma, beta), 'n', x as tf.Tensor4D, { groups, eps })
        .mul(image(fixture.pull))
        .sum();
    const given = [image(fixture.x), tf.tensor1d(fixture.gamma), tf.tensor1d(fixture.beta)];
    const [gradX, gradGamma, gradBeta] = tf.grads(pulled)(given);
    expect(apart(gradX!, image(fixture.gradX))).toBeLessThan(1e-4);
    expect(apart(gradGamma!, tf.tensor1d(fixture.gradGamma))).toBeLessThan(1e-4);
    expect(apart(gradBeta!, tf.tensor1d(fixture.gradBeta))).toBeLessThan(1e-4);
  });

  it.each([1, 3, 6])('has the gradients that automatic differentiation gives, %d groups', (count) => {
    const [batch, height, width, channels] = [3, 5, 4, 6];
    const random = (size: number[], seed: number) => tf.randomNormal(size, 1, 2, 'float32', seed);
    const given = [random([batch, height, width, channels], 1), random([channels], 2), random([channels], 3)];
    const pull = random([batch, height, width, channels], 4);
    const automatic = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) => {
      const grouped = x.reshape([batch, height * width, count, channels / count]);
      const { mean, variance } = tf.moments(grouped, [1, 3], true);
      return grouped.sub(mean).div(variance.add(eps).sqrt()).reshape(x.shape).mul(gamma).add(beta).mul(pull).sum();
    };
    const byHand = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) =>
      groupNorm(weights(gamma, beta), 'n', x as tf.Tensor4D, { groups: count, eps })
        .mul(pull)
        .sum();
    const wanted = tf.grads(automatic)(given);
    tf.grads(byHand)(given).forEach((gradient, index) => {
      expect(apart(gradient, wanted[index]!)).toBeLessThan(1e-4);
    });
  });

  it('tells nothing of one image to another', () => {
    const first = (x: tf.Tensor4D) => groupNorm(worked(), 'n', x, { groups, eps }).slice(0, 1);
    const other = tf.concat([image(fixture.x).slice(0, 1), image(fixture.x).slice(1).mul<tf.Tensor4D>(50)]);
    expect(apart(first(image(fixture.x)), first(other))).toBe(0);
  });

  it('gives the shift alone where a group does not vary', () => {
    const y = groupNorm(worked(), 'n', tf.fill([1, 2, 2, 4], 3), { groups, eps });
    expect(apart(y, tf.tensor1d(fixture.beta))).toBeLessThan(1e-6);
  });

  it('refuses groups that do not divide the channels', () => {
    expect(() => groupNorm(worked(), 'n', image(fixture.x), { groups: 3, eps })).toThrow(RangeError);
  });

  it('leaves no tensor behind', () => {
    const given = [image(fixture.x), ...Object.values(worked())] as const;
    const step = () =>
      tf.dispose(
        tf.grads((x, gamma, beta) => groupNorm(weights(gamma!, beta!), 'n', x as tf.Tensor4D, { groups, eps }))([
          ...given,
        ]),
      );
    step();
    const before = tf.memory().numTensors;
    step();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('groupNormParameters', () => {
  it('has two weights a channel', () => {
    expect(groupNormParameters('n', 7).map(({ name, shape: [size] }) => [name, size])).toEqual([
      ['n/gamma', 7],
      ['n/beta', 7],
    ]);
  });
});
