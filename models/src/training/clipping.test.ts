import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { clipToNorm, createOptimizer, gradientStep } from './index.js';

const values = (tensors: readonly tf.Tensor[]) => tensors.map((tensor) => [...tensor.dataSync()]);

describe.each(['cpu', 'wasm'] as const)('clipToNorm on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  const gradients = () => [
    tf.tensor2d([
      [2, 0],
      [0, 3],
    ]),
    tf.scalar(6),
  ];

  it('shortens all gradients by one factor to the norm', () => {
    const [first, second] = values(clipToNorm(gradients(), 3.5));
    [1, 0, 0, 1.5].forEach((wanted, index) => {
      expect(first![index]).toBeCloseTo(wanted, 6);
    });
    expect(second![0]).toBeCloseTo(3, 6);
  });

  it('leaves shorter ones, and zeros', () => {
    expect(values(clipToNorm(gradients(), 7))).toEqual(values(gradients()));
    expect(values(clipToNorm([tf.zeros([3])], 1))).toEqual([[0, 0, 0]]);
  });

  it('lets a gradient that is not finite be seen', () => {
    const clipped = clipToNorm([tf.tensor1d([Number.POSITIVE_INFINITY, 1])], 1);
    expect(values(clipped)[0]!.every(Number.isFinite)).toBe(false);
  });

  it('refuses a norm of 0', () => {
    expect(() => clipToNorm(gradients(), 0)).toThrow(RangeError);
  });

  it('limits a gradient step', () => {
    const settings = { name: 'sgd', rate: 1, momentum: 0, weightDecay: 0 } as const;
    const moved = (gradientLimit?: number) => {
      const variable = tf.variable(tf.tensor1d([0, 0]));
      const optimizer = createOptimizer(settings, [variable]);
      const loss = () => variable.mul(tf.tensor1d([30, 40])).sum<tf.Scalar>();
      gradientStep({ variables: [variable], optimizer, loss, gradientLimit }).dispose();
      const after = [...variable.dataSync()];
      optimizer.dispose();
      variable.dispose();
      return after;
    };
    expect(moved()).toEqual([-30, -40]);
    const [x, y] = moved(5);
    expect(x).toBeCloseTo(-3, 5);
    expect(y).toBeCloseTo(-4, 5);
  });
});
