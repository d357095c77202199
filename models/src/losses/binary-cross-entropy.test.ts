import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { numberBackends } from '../testing/index.js';
import { binaryCrossEntropy, positiveWeights } from './index.js';

const backends = await numberBackends();

/** Worked by hand: softplus(0) = ln 2, softplus(1) = 1.31326169, softplus(−1) = 0.31326169, softplus(2) = 2.12692801. */
const logits = () => tf.tensor2d([0, 1, -1, 2], [2, 2]);
const targets = () => tf.tensor2d([1, 1, 0, 0], [2, 2]);
const terms = [Math.LN2, 0.31326169, 0.31326169, 2.12692801] as const;

const numberOf = (scalar: tf.Scalar) => scalar.dataSync()[0]!;

describe.each(backends)('binaryCrossEntropy on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('is the mean of −ln p of what is right', () => {
    const wanted = (terms[0] + terms[1] + terms[2] + terms[3]) / 4;
    expect(numberOf(binaryCrossEntropy(logits(), targets()))).toBeCloseTo(wanted, 6);
  });

  it('weighs the ones of each bit, and divides by the number of elements', () => {
    const loss = binaryCrossEntropy(logits(), targets(), { positiveWeights: tf.tensor1d([3, 20]) });
    expect(numberOf(loss)).toBeCloseTo((3 * terms[0] + 20 * terms[1] + terms[2] + terms[3]) / 4, 5);
  });

  it('leaves out what does not count', () => {
    const counted = tf.tensor2d([1, 0, 0, 1], [2, 2]);
    expect(numberOf(binaryCrossEntropy(logits(), targets(), { counted }))).toBeCloseTo((terms[0] + terms[3]) / 2, 6);
    const weighted = { counted, positiveWeights: tf.tensor1d([3, 20]) };
    expect(numberOf(binaryCrossEntropy(logits(), targets(), weighted))).toBeCloseTo((3 * terms[0] + terms[3]) / 2, 6);
  });

  it('is 0 where nothing counts', () => {
    expect(numberOf(binaryCrossEntropy(logits(), targets(), { counted: tf.zeros([2, 2]) }))).toBe(0);
  });

  it('stays finite at certainty, right and wrong', () => {
    const loss = (z: tf.Tensor) => binaryCrossEntropy(z as tf.Tensor2D, tf.tensor2d([[1, 0, 1, 0]]));
    const extreme = tf.tensor2d([[500, -500, -500, 500]]);
    expect(numberOf(loss(extreme))).toBeCloseTo(250, 3);
    expect([...tf.grad(loss)(extreme).dataSync()]).toEqual([0, 0, -0.25, 0.25]);
  });

  it('has the gradient that the plain formula has', () => {
    const options = { positiveWeights: tf.tensor1d([3, 0.5]), counted: tf.tensor2d([1, 1, 0, 1], [2, 2]) };
    const plain = (z: tf.Tensor) => {
      const right = z.sigmoid().log().mul(targets()).mul(options.positiveWeights);
      const wrong = tf.sub(1, z.sigmoid()).log().mul(tf.sub(1, targets()));
      return right.add(wrong).mul(options.counted).sum().div(-3).mul(2);
    };
    const byHand = tf.grad((z) => binaryCrossEntropy(z as tf.Tensor2D, targets(), options).mul(2))(logits());
    expect(byHand.sub(tf.grad(plain)(logits())).abs().max().dataSync()[0]).toBeLessThan(1e-6);
  });
});

describe('positiveWeights', () => {
  const bits = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1);

  it('are zeros to one, at most the limit', () => {
    expect([...positiveWeights({ bits, rows: 4 }, 20)]).toEqual([3, 3, 3]);
    expect([...positiveWeights({ bits, rows: 4 }, 2)]).toEqual([2, 2, 2]);
  });

  it('are the limit where there is no one at all', () => {
    expect([...positiveWeights({ bits: new Uint8Array(4), rows: 2 }, 20)]).toEqual([20, 20]);
  });

  it('count only what was tested', () => {
    const tested = Uint8Array.of(1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 0);
    expect([...positiveWeights({ bits, rows: 4, tested }, 20)]).toEqual([1, 2, 20]);
  });

  it('refuse bits that make no whole rows', () => {
    expect(() => positiveWeights({ bits, rows: 5 }, 20)).toThrow(RangeError);
  });
});
