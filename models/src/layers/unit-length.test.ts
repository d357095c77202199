import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { toLength } from './index.js';

beforeAll(() => useBackend('cpu'));

describe('toLength', () => {
  const x = () => tf.tensor2d([3, 4, -0.6, 0.8], [2, 2]);

  it('gives every row the length', () => {
    const y = [...toLength(x(), 10).dataSync()];
    [6, 8, -6, 8].forEach((wanted, index) => {
      expect(y[index]).toBeCloseTo(wanted, 5);
    });
  });

  it('leaves a row of zeros, with a finite gradient', () => {
    const zeros = tf.zeros<tf.Rank.R2>([1, 2]);
    expect([...toLength(zeros).dataSync()]).toEqual([0, 0]);
    const gradient = tf.grad((at) => toLength(at as tf.Tensor2D).sum())(zeros);
    expect(gradient.isFinite().all().dataSync()[0]).toBe(1);
  });

  it('has the same gradient by hand as by automatic differentiation', () => {
    const pull = tf.tensor2d([1, -2, 0.5, 3], [2, 2]);
    const automatic = tf.grad((at) => at.div(at.square().sum(1, true).sqrt()).mul(4).mul(pull).sum())(x());
    const byHand = tf.grad((at) =>
      toLength(at as tf.Tensor2D, 4)
        .mul(pull)
        .sum(),
    )(x());
    expect(byHand.sub(automatic).abs().max().dataSync()[0]).toBeLessThan(1e-5);
  });
});
