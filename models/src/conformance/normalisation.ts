import { sample, tf } from '../backend/index.js';
import { layerNorm, toLength } from '../layers/index.js';
import { type ConformanceCase, type Operation, operationCase } from './case.js';

const eps = 1e-5;

/** `(x − mean) / √(var + eps) · scale + shift`, the statistics over the given axes. */
const normalise =
  (axes: number | number[]): Operation =>
  (x, scale, shift) => {
    const { mean, variance } = tf.moments(x, axes, true);
    return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, eps))), scale), shift);
  };

const vector = (x: tf.Tensor): tf.Tensor1D => tf.reshape(x, [x.size]);

export const normalisation: readonly ConformanceCase[] = [
  operationCase('normalisation', {
    name: 'of layers, from plain operations',
    inputs: () => [sample([2, 5, 8], 1), sample([8], 2), sample([8], 3)],
    operation: normalise(-1),
  }),
  operationCase('normalisation', {
    name: 'of layers',
    inputs: () => [sample([10, 8], 1), sample([8], 2), sample([8], 3)],
    operation: (x, gamma, beta) =>
      layerNorm({ 'norm/gamma': gamma, 'norm/beta': beta }, 'norm', tf.reshape(x, [10, 8]), eps),
    plain: normalise(-1),
  }),
  operationCase('normalisation', {
    name: 'of a batch of images, its own statistics',
    inputs: () => [sample([3, 4, 5, 6], 1), sample([6], 2), sample([6], 3)],
    operation: normalise([0, 1, 2]),
  }),
  operationCase('normalisation', {
    name: 'of a batch of rows, its own statistics',
    inputs: () => [sample([16, 12], 1), sample([12], 2), sample([12], 3)],
    operation: normalise([0]),
  }),
  operationCase('normalisation', {
    name: 'of a batch, given statistics',
    inputs: () => [sample([2, 4, 4, 3], 1), sample([3], 2), sample([3], 3), sample([3], 4)],
    operation: (x, mean, offset, scale) =>
      tf.batchNorm(x, vector(mean), tf.tensor1d([0.5, 1, 2]), vector(offset), vector(scale), eps),
  }),
  operationCase('normalisation', {
    name: 'to length one',
    inputs: () => [sample([6, 16], 1)],
    operation: (x) => toLength(tf.reshape(x, [6, 16])),
    plain: (x) => tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), -1, true), 1e-12))),
  }),
];
