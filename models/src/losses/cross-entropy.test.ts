import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { numberBackends } from '../testing/index.js';
import { crossEntropy, oneHotTargets } from './index.js';

const backends = await numberBackends();

const targets = (labels: readonly number[], classWeights: readonly number[] | null = null) =>
  tf.tensor2d(oneHotTargets(Int32Array.from(labels), 3, classWeights), [labels.length, 3]);

/** Worked by hand: ln(e¹+e²+e³) = 3.40760596, ln 3 = 1.09861229. */
const logits = () => tf.tensor2d([1, 2, 3, 0, 0, 0], [2, 3]);

describe.each(backends)('crossEntropy on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('is the mean of −ln p of the right class', () => {
    expect(crossEntropy(logits(), targets([2, 0])).dataSync()[0]).toBeCloseTo((0.40760596 + 1.09861229) / 2, 6);
  });

  it('multiplies by class weights and still divides by the number of rows', () => {
    expect(crossEntropy(logits(), targets([2, 0], [2, 1, 0.5])).dataSync()[0]).toBeCloseTo(
      (0.5 * 0.40760596 + 2 * 1.09861229) / 2,
      6,
    );
  });

  it('stays finite at a logit gap of 500', () => {
    expect(crossEntropy(tf.tensor2d([[500, 0, 0]]), targets([1])).dataSync()[0]).toBeCloseTo(500, 3);
  });

  it('has the gradient that the plain formula has', () => {
    const wanted = tf.grad((z) =>
      tf
        .logSoftmax(z)
        .mul(targets([2, 0], [2, 1, 0.5]))
        .sum()
        .mul(-3 / 2),
    )(logits());
    const byHand = tf.grad((z) => crossEntropy(z as tf.Tensor2D, targets([2, 0], [2, 1, 0.5])).mul(3))(logits());
    expect(byHand.sub(wanted).abs().max().dataSync()[0]).toBeLessThan(1e-6);
  });
});
