import { tf } from '../backend/index.js';
import { assignTensors, createOptimizer, readTensors, type TensorGroup } from '../training/index.js';
import { type ConformanceCase, knownCase } from './case.js';

const count = 6;
const counted = Float32Array.from({ length: count }, (_, index) => index + 0.5);

/** The weights of a model of two variables. */
async function withWeights<T>(use: (group: TensorGroup) => Promise<T>): Promise<T> {
  const shapes = [[2, 2], [2]];
  const variables = tf.tidy(() => shapes.map((shape) => tf.variable(tf.zeros(shape))));
  try {
    return await use({ layout: shapes.map((shape, index) => ({ name: `w${index}`, shape })), variables });
  } finally {
    tf.dispose(variables);
  }
}

/** A step that changes every weight. A backend may take it where the weights lie. */
function step({ variables }: TensorGroup): void {
  const optimizer = createOptimizer({ name: 'adam', rate: 0.1, weightDecay: 0 }, variables);
  tf.tidy(() => optimizer.apply(variables.map(({ shape }) => tf.ones(shape))));
  optimizer.dispose();
}

/** Weights go in and out as copies: backends differ in whether they keep the array that a tensor is made from. */
export const weights: readonly ConformanceCase[] = [
  knownCase('weights', {
    name: 'come back as they were assigned',
    compute: () =>
      withWeights(async (group) => {
        assignTensors(group, counted);
        return readTensors(group);
      }),
    expected: counted,
  }),
  knownCase('weights', {
    name: 'do not change with the array that they were assigned from',
    compute: () =>
      withWeights(async (group) => {
        const given = counted.slice();
        assignTensors(group, given);
        given.fill(9);
        return readTensors(group);
      }),
    expected: counted,
  }),
  knownCase('weights', {
    name: 'do not change with the array that was read',
    compute: () =>
      withWeights(async (group) => {
        assignTensors(group, counted);
        (await readTensors(group)).fill(9);
        return readTensors(group);
      }),
    expected: counted,
  }),
  knownCase('weights', {
    name: 'stay as they were assigned and as they were read while training goes on',
    compute: () =>
      withWeights(async (group) => {
        const given = counted.slice();
        assignTensors(group, given);
        const read = await readTensors(group);
        step(group);
        const moved = (await readTensors(group)).map((value, index) => (value === counted[index] ? 0 : 1));
        return [...given, ...read, ...moved];
      }),
    expected: [...counted, ...counted, ...counted.map(() => 1)],
  }),
  knownCase('weights', {
    name: 'are read after a change on the device, not as they were before',
    compute: () =>
      withWeights(async (group) => {
        assignTensors(group, counted);
        await readTensors(group);
        for (const variable of group.variables) tf.tidy(() => variable.assign(variable.mul(2)));
        return readTensors(group);
      }),
    expected: counted.map((value) => 2 * value),
  }),
];
