import { tf } from '../backend/index.js';
import { assignWeights, createOptimizer, type Model, readWeights } from '../training/index.js';
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

/** A step that changes every weight. A backend may take it where the weights lie. */
function step(model: Model): void {
  const optimizer = createOptimizer({ name: 'adam', rate: 0.1, weightDecay: 0 }, model.variables);
  tf.tidy(() => optimizer.apply(model.variables.map(({ shape }) => tf.ones(shape))));
  optimizer.dispose();
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
    name: 'stay as they were assigned and as they were read while training goes on',
    compute: () =>
      withHolder(async (model) => {
        const given = counted.slice();
        assignWeights(model, given);
        const read = await readWeights(model);
        step(model);
        const moved = (await readWeights(model)).map((value, index) => (value === counted[index] ? 0 : 1));
        return [...given, ...read, ...moved];
      }),
    expected: [...counted, ...counted, ...counted.map(() => 1)],
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
