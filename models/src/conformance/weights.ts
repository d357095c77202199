import { tf } from '../backend/index.js';
import { assignWeights, type Model, readWeights } from '../training/index.js';
import { type ConformanceCase, knownCase } from './case.js';

const count = 6;
const counted = Float32Array.from({ length: count }, (_, index) => index + 0.5);

/** A model of two variables, whose logits nobody asks for. */
function holder(): Model {
  const shapes = [[2, 2], [2]];
  const variables = tf.tidy(() => shapes.map((shape) => tf.variable(tf.zeros(shape))));
  return {
    layout: shapes.map((shape, index) => ({ name: `w${index}`, shape })),
    metadata: {},
    classes: 1,
    variables,
    logits: () => tf.zeros([1, 1]),
    dispose: () => tf.dispose([...variables]),
  };
}

async function withHolder<T>(use: (model: Model) => Promise<T>): Promise<T> {
  const model = holder();
  try {
    return await use(model);
  } finally {
    model.dispose();
  }
}

/** Weights go in and out as copies: backends differ in whether they keep the array that a tensor is made from. */
export const weights: readonly ConformanceCase[] = [
  knownCase('weights', {
    name: 'come back as they were assigned',
    compute: () =>
      withHolder(async (model) => {
        assignWeights(model, counted);
        return readWeights(model);
      }),
    expected: counted,
  }),
  knownCase('weights', {
    name: 'do not change with the array that they were assigned from',
    compute: () =>
      withHolder(async (model) => {
        const given = counted.slice();
        assignWeights(model, given);
        given.fill(9);
        return readWeights(model);
      }),
    expected: counted,
  }),
  knownCase('weights', {
    name: 'do not change with the array that was read',
    compute: () =>
      withHolder(async (model) => {
        assignWeights(model, counted);
        (await readWeights(model)).fill(9);
        return readWeights(model);
      }),
    expected: counted,
  }),
  knownCase('weights', {
    name: 'are read after a change on the device, not as they were before',
    compute: () =>
      withHolder(async (model) => {
        assignWeights(model, counted);
        await readWeights(model);
        for (const variable of model.variables) tf.tidy(() => variable.assign(variable.mul(2)));
        return readWeights(model);
      }),
    expected: counted.map((value) => 2 * value),
  }),
];
