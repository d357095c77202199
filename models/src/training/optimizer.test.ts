import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import type { OptimizerSettings, StepSettings } from './index.js';
import { createOptimizer } from './index.js';
import { groupBySize } from './optimizer.js';

/** Weights after each step of the textbook rule, in double precision; the gradient of w is `w − 1` scaled by its place. */
function textbook(settings: OptimizerSettings, start: readonly number[], steps: number): number[] {
  const weights = [...start];
  const first = start.map(() => 0);
  const second = start.map(() => 0);
  for (let step = 1; step <= steps; step++) {
    start.forEach((_, i) => {
      const gradient = slope(weights[i]!, i);
      weights[i]! -= settings.rate * settings.weightDecay * weights[i]!;
      if (settings.name === 'sgd') {
        first[i] = settings.momentum * first[i]! + gradient;
        weights[i]! -= settings.rate * first[i]!;
        return;
      }
      first[i] = 0.9 * first[i]! + 0.1 * gradient;
      second[i] = 0.999 * second[i]! + 0.001 * gradient ** 2;
      const mean = first[i]! / (1 - 0.9 ** step);
      const square = second[i]! / (1 - 0.999 ** step);
      weights[i]! -= (settings.rate * mean) / (Math.sqrt(square) + 1e-8);
    });
  }
  return weights;
}

const slope = (weight: number, index: number) => (index - 1.5) * (weight - 1);

const settings: readonly OptimizerSettings[] = [
  { name: 'adam', rate: 0.05, weightDecay: 0 },
  { name: 'adam', rate: 0.05, weightDecay: 0.1 },
  { name: 'sgd', rate: 0.05, momentum: 0, weightDecay: 0 },
  { name: 'sgd', rate: 0.05, momentum: 0.9, weightDecay: 0.1 },
];

beforeAll(() => useBackend('cpu'));

describe('createOptimizer', () => {
  it.each(settings)('follows the textbook: $name, decay $weightDecay', (chosen) => {
    const start = [0.5, -1, 2, 0.1];
    const variables = [tf.variable(tf.tensor2d(start.slice(0, 2), [1, 2])), tf.variable(tf.tensor1d(start.slice(2)))];
    const optimizer = createOptimizer(chosen, variables);
    for (let step = 0; step < 20; step++) {
      tf.tidy(() => {
        const gradients = variables.map((variable, part) =>
          tf.tensor(
            [...variable.dataSync()].map((weight, index) => slope(weight, 2 * part + index)),
            variable.shape,
          ),
        );
        optimizer.apply(gradients);
      });
    }
    const weights = variables.flatMap((variable) => [...variable.dataSync()]);
    textbook(chosen, start, 20).forEach((wanted, index) => {
      expect(weights[index]).toBeCloseTo(wanted, 5);
    });
    expect(variables.map(({ shape }) => shape)).toEqual([[1, 2], [2]]);
    optimizer.dispose();
  });

  it('treats variables above and below the size limit alike', () => {
    const large = 40_000;
    const run = (sizes: readonly number[]) => {
      const variables = sizes.map((size) => tf.variable(tf.ones([size])));
      const optimizer = createOptimizer({ name: 'adam', rate: 0.01, weightDecay: 0.1 }, variables);
      for (let step = 1; step <= 3; step++) {
        tf.tidy(() => optimizer.apply(variables.map(({ shape }) => tf.fill(shape, step))));
      }
      optimizer.dispose();
      return variables.map((variable) => variable.dataSync()[0]);
    };
    const values = run([3, large, 5]);
    expect(new Set(values).size).toBe(1);
    expect(values[0]).toBeLessThan(1);
  });
});

describe.each(['cpu', 'wasm'] as const)('a step with a pace of its own on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it.each(settings)('takes that rate and decay for the step alone: $name, decay $weightDecay', (chosen) => {
    const moved = (base: OptimizerSettings, now?: StepSettings) => {
      const variable = tf.variable(tf.tensor1d([0.5, -1, 2]));
      const optimizer = createOptimizer(base, [variable]);
      const weights = [now, undefined].map((pace) => {
        tf.tidy(() => optimizer.apply([tf.tensor1d([0.1, 0.2, -0.3])], pace));
        return [...variable.dataSync()];
      });
      optimizer.dispose();
      variable.dispose();
      return weights;
    };
    const now = { rate: 0.2, weightDecay: 0.3 };
    const [once, twice] = moved(chosen, now);
    expect(once).toEqual(moved({ ...chosen, ...now })[0]);
    expect(once).not.toEqual(moved(chosen)[0]);
    const [still, after] = moved(chosen, { rate: 0, weightDecay: 0 });
    expect(still).toEqual([0.5, -1, 2]);
    expect(after).not.toEqual(still);
    expect(twice).not.toEqual(moved({ ...chosen, ...now })[1]);
  });
});

describe('groupBySize', () => {
  it('puts small ones together and leaves each large one alone', () => {
    const sizes = [5, 100, 7, 200].map((size) => ({ size }));
    expect(groupBySize(sizes, 10)).toEqual([[0, 2], [1], [3]]);
    expect(groupBySize(sizes.slice(1, 2), 10)).toEqual([[0]]);
  });
});
