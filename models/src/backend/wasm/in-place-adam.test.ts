import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createOptimizer } from '../../training/index.js';
import { distance, results, sample } from '../agreement.js';
import { tf, useBackend, withPlainForms } from '../index.js';
import { wasmBackend } from './index.js';

beforeAll(() => useBackend('wasm'));
afterEach(() => tf.disposeVariables());

const settings = { name: 'adam', rate: 0.01, weightDecay: 0.1 } as const;
const shapes = [[5], [7, 9], [1], [64]];

function train(steps: number): readonly tf.Variable[] {
  const variables = shapes.map((shape, i) => tf.tidy(() => tf.variable(sample(shape, i + 1))));
  const optimizer = createOptimizer(settings, variables);
  for (let step = 0; step < steps; step++) {
    tf.tidy(() => {
      optimizer.apply(variables.map(({ shape }, i) => tf.mul(sample(shape, 10 * step + i + 5), 0.3)));
    });
  }
  optimizer.dispose();
  return variables;
}

describe('Adam in place', () => {
  it('takes the steps of the plain form', async () => {
    const fast = await results(() => train(6).map((variable) => variable.clone()));
    const plain = await results(() => withPlainForms(() => train(6).map((variable) => variable.clone())));
    for (const [i, result] of fast.entries()) expect(distance(result, plain[i]!)).toBeLessThanOrEqual(1e-6);
  });

  it('leaves a copy of a variable as it was, and takes new values from outside', async () => {
    const variable = tf.tidy(() => tf.variable(tf.ones([6])));
    const copy = variable.clone();
    const optimizer = createOptimizer({ ...settings, weightDecay: 0 }, [variable]);
    tf.tidy(() => optimizer.apply([tf.ones([6])]));
    expect([...(await copy.data())]).toEqual(new Array(6).fill(1));
    tf.tidy(() => variable.assign(tf.fill([6], 5)));
    tf.tidy(() => optimizer.apply([tf.ones([6])]));
    expect((await variable.data())[0]).toBeCloseTo(4.99, 3);
    optimizer.dispose();
    copy.dispose();
  });

  it('frees what it held', () => {
    const before = wasmBackend().numDataIds();
    train(2);
    tf.disposeVariables();
    expect(wasmBackend().numDataIds()).toBe(before);
  });

  it('refuses gradients that do not go with the variables', () => {
    const variable = tf.variable(tf.ones([6]));
    const optimizer = createOptimizer(settings, [variable]);
    expect(() => tf.tidy(() => optimizer.apply([tf.ones([5])]))).toThrow(RangeError);
    optimizer.dispose();
  });
});
