import { results, sample, tf } from '../backend/index.js';
import { createOptimizer, type OptimizerSettings } from '../training/index.js';
import type { ConformanceCase } from './case.js';

const shapes = [[12, 16], [16], [16, 5], [5]];
const steps = 4;

/** Weights after some steps along given gradients. Whole: a rule of small numbers must not hide behind the weights' size. */
function optimiserCase(name: string, settings: OptimizerSettings, flatLimit: number): ConformanceCase {
  const compute = async () => {
    const variables = tf.tidy(() => shapes.map((shape, index) => tf.variable(sample(shape, index + 1))));
    const optimizer = createOptimizer(settings, variables, flatLimit);
    for (let step = 0; step < steps; step++) {
      tf.tidy(() => optimizer.apply(shapes.map((shape, index) => sample(shape, 10 * step + index + 20))));
    }
    const after = await results(() => variables.map((variable) => tf.clone(variable)));
    optimizer.dispose();
    tf.dispose(variables);
    return after;
  };
  return { topic: 'optimiser steps', name, limit: 1e-5, compute, reference: compute };
}

const adam = { name: 'adam', rate: 0.05, weightDecay: 0.01 } as const;
const sgd = { name: 'sgd', rate: 0.1, momentum: 0.9, weightDecay: 0.01 } as const;

export const optimiserSteps: readonly ConformanceCase[] = [
  optimiserCase('Adam, all weights as one vector', adam, 1e6),
  optimiserCase('Adam, each variable alone', adam, 0),
  optimiserCase('gradient descent with momentum', sgd, 1e6),
];
