import { afterEach, describe, expect, it } from 'vitest';
import { isRequired, rungOf } from '../../testing/index.js';
import { createOptimizer } from '../../training/index.js';
import { agreementLimit, compare, results, sample } from '../agreement.js';
import { withPlainForms } from '../fused-kernels.js';
import type { InPlaceAdam } from '../in-place-adam.js';
import { tf } from '../tensorflow.js';
import { openNativeAdam } from './adam.js';
import { nativeBackend } from './library.js';

const { absence } = await rungOf('native');
const skipped = absence !== null && !isRequired('native');

const shapes = [[12, 16], [16], [16, 5], [1]];
const held = () => tf.memory().numTensors + tf.backend().numDataIds() + nativeBackend().binding.getNumOfTensors();
const rate = 0.05;
const first = { step: 1, rate, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0 };

/** Weights after steps with the optimizer of the run file; somebody assigns others half way. */
const trained = (weightDecay: number, form: <T>(run: () => T) => T) => () => {
  const variables = shapes.map((shape, index) => tf.variable(sample(shape, index + 1)));
  const optimizer = form(() => createOptimizer({ name: 'adam', rate, weightDecay }, variables));
  for (let step = 0; step < 6; step++) {
    if (step === 3)
      for (const [index, variable] of variables.entries()) variable.assign(sample(variable.shape, 90 + index));
    optimizer.apply(shapes.map((shape, index) => sample(shape, 10 * step + index + 20).mul(10 ** (index - 2))));
  }
  const after = variables.map((variable) => variable.add(0));
  optimizer.dispose();
  tf.dispose(variables);
  return after;
};

const values = async (tensor: tf.Tensor) => [...(await tensor.data())];

describe.skipIf(skipped)(`native Adam in place${skipped ? ` (skipped: ${absence})` : ''}`, () => {
  let open: InPlaceAdam | null = null;
  afterEach(() => {
    open?.dispose();
    open = null;
    tf.disposeVariables();
  });

  it.each([0, 0.01])('steps as the plain form does, with weight decay %d', async (weightDecay) => {
    const { error, leaked } = await compare('tensorflow', () => {
      const inPlace = tf.getBackend() === 'tensorflow';
      return trained(weightDecay, inPlace ? (run) => run() : withPlainForms)();
    });
    expect(error).toBeLessThanOrEqual(agreementLimit);
    expect(leaked).toBe(0);
  });

  it('leaves the array that the weights came from alone', async () => {
    const given = Float32Array.of(1, 2, 3);
    const variable = tf.tidy(() => tf.variable(tf.tensor1d(given)));
    open = openNativeAdam([variable]);
    tf.tidy(() => open?.apply([tf.ones([3])], first));
    expect(await values(variable)).not.toEqual([1, 2, 3]);
    expect([...given]).toEqual([1, 2, 3]);
  });

  it('leaves copies and views taken between two steps alone', async () => {
    const variable = tf.tidy(() => tf.variable(tf.tensor1d([1, 2, 3])));
    open = openNativeAdam([variable]);
    const step = (n: number) => tf.tidy(() => open?.apply([tf.ones([3])], { ...first, step: n }));
    step(1);
    const seen = await values(variable);
    const [copy, view] = [tf.clone(variable), tf.reshape(variable, [3, 1])];
    step(2);
    step(3);
    expect(await values(copy)).toEqual(seen);
    expect(await values(view)).toEqual(seen);
    expect(await values(variable)).not.toEqual(seen);
    tf.dispose([copy, view]);
  });

  it('keeps the number of tensors constant, and lets the variables live on', async () => {
    const variables = tf.tidy(() => shapes.map((shape) => tf.variable(tf.ones(shape).mul(2))));
    openNativeAdam([]).apply([], first); // what is made once for all
    const before = held();
    const adam = openNativeAdam(variables);
    const take = (step: number) => {
      const gradients = shapes.map((shape) => sample(shape, step));
      adam.apply(gradients, { ...first, step });
      tf.dispose(gradients);
    };
    take(1);
    const between = held();
    for (let step = 2; step <= 4; step++) take(step);
    expect(held()).toBe(between);
    const after = await results(() => variables.map((variable) => tf.clone(variable)));
    adam.dispose();
    expect(await results(() => variables.map((variable) => tf.clone(variable)))).toEqual(after);
    expect(held()).toBe(before);
  });

  it('leaves the variables whole when a gradient does not fit', async () => {
    const variable = tf.tidy(() => tf.variable(tf.tensor1d([1, 2, 3])));
    open = openNativeAdam([variable]);
    tf.tidy(() => open?.apply([tf.ones([3])], first));
    const seen = await values(variable);
    expect(() => tf.tidy(() => open?.apply([tf.ones([4])], { ...first, step: 2 }))).toThrow(/shape/);
    expect(() => open?.apply([], { ...first, step: 2 })).toThrow(RangeError);
    expect(await values(variable)).toEqual(seen);
  });
});
