import { sample, tf } from '../backend/index.js';
import { type ConformanceCase, type Operation, operationCase } from './case.js';

const reduced = (
  name: string,
  operation: Operation,
  shape: readonly number[] = [3, 6, 4],
  differentiable = true,
): ConformanceCase =>
  operationCase('reductions', { name, inputs: () => [sample(shape, 1)], operation, differentiable });

export const reductions: readonly ConformanceCase[] = [
  reduced('sum of all', (x) => tf.sum(x)),
  reduced('sum along the middle', (x) => tf.sum(x, 1)),
  reduced('sum of a long axis', (x) => tf.sum(x, 1), [3, 5000]),
  reduced('mean along the first', (x) => tf.mean(x, 0)),
  reduced('mean of images', (x) => tf.mean(x, [1, 2]), [2, 6, 5, 3]),
  reduced('max over channels', (x) => tf.max(x, -1), [2, 4, 4, 8]),
  reduced('mean over channels', (x) => tf.mean(x, -1, true), [2, 4, 4, 8]),
  reduced('min', (x) => tf.min(x, 1)),
  reduced('moments', (x) => tf.add(...moments(x)), [4, 3, 5]),
  reduced('log of a sum of exponentials', (x) => tf.logSumExp(tf.mul(x, 5), 1)),
  reduced('place of the greatest', (x) => tf.cast(tf.argMax(x, 1), 'float32'), [5, 9], false),
  reduced('greatest k, values', (x) => tf.topk(x, 3).values, [5, 9], false),
  reduced('greatest k, places', (x) => tf.cast(tf.topk(x, 3).indices, 'float32'), [5, 9], false),
  reduced('whether all are finite', (x) => tf.cast(tf.all(tf.isFinite(x)), 'float32'), [5, 9], false),
];

function moments(x: tf.Tensor): [tf.Tensor, tf.Tensor] {
  const { mean, variance } = tf.moments(x, [0, 1]);
  return [mean, variance];
}
