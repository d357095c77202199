import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { numberBackends } from '../testing/index.js';
import fixture from './focal-loss.fixture.json' with { type: 'json' };
import { crossEntropy, focalLoss, oneHotTargets } from './index.js';

const backends = await numberBackends();

const classes = 4;
const logits = () => tf.tensor2d(fixture.logits);
const targets = (alpha: readonly number[] | null) =>
  tf.tensor2d(oneHotTargets(Int32Array.from(fixture.labels), classes, alpha), [fixture.labels.length, classes]);
const largest = (tensor: tf.Tensor) => tensor.abs().max().dataSync()[0];

describe.each(backends)('focalLoss on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it.each(fixture.cases)(
    'gives the worked example, gamma $gamma, alpha $alpha',
    ({ gamma, alpha, mean, gradMeanWrtLogits }) => {
      const loss = (z: tf.Tensor) => focalLoss(z as tf.Tensor2D, targets(alpha), gamma);
      expect(loss(logits()).dataSync()[0]).toBeCloseTo(mean, 6);
      expect(largest(tf.grad(loss)(logits()).sub(tf.tensor2d(gradMeanWrtLogits)))).toBeLessThan(1e-6);
    },
  );

  it('is the cross-entropy at gamma 0', () => {
    const [focal, plain] = [focalLoss(logits(), targets(null), 0), crossEntropy(logits(), targets(null))];
    expect(focal.dataSync()[0]).toBe(plain.dataSync()[0]);
  });

  it.each([1, 2, 5])('stays finite, and so does its gradient, at certainty right and wrong: gamma %d', (gamma) => {
    const { logits: extreme, labels, expectedPerSample } = fixture.extreme;
    const target = tf.tensor2d(oneHotTargets(Int32Array.from(labels), 2, null), [2, 2]);
    const loss = (z: tf.Tensor) => focalLoss(z as tf.Tensor2D, target, gamma);
    const mean = expectedPerSample.reduce((sum, value) => sum + value, 0) / 2;
    expect(loss(tf.tensor2d(extreme)).dataSync()[0]).toBeCloseTo(mean, 4);
    const gradient = tf.grad(loss)(tf.tensor2d(extreme));
    expect(gradient.isFinite().all().dataSync()[0]).toBe(1);
  });

  it('refuses a gamma whose gradient has a pole', () => {
    expect(() => focalLoss(logits(), targets(null), 0.5)).toThrow(RangeError);
    expect(() => focalLoss(logits(), targets(null), Number.NaN)).toThrow(RangeError);
  });
});
