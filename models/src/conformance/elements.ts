import { sample, tf } from '../backend/index.js';
import { type ConformanceCase, type Operation, operationCase } from './case.js';

const each = (name: string, operation: Operation, shape: readonly number[] = [5, 7]): ConformanceCase =>
  operationCase('elements', { name, inputs: () => [sample(shape, 1)], operation });

const pair = (name: string, operation: Operation, left: readonly number[], right: readonly number[]): ConformanceCase =>
  operationCase('elements', { name, inputs: () => [sample(left, 1), sample(right, 2)], operation });

/** Operations on each element alone, and their broadcasts. */
export const elements: readonly ConformanceCase[] = [
  each('relu', (x) => tf.relu(x)),
  each('leaky relu', (x) => tf.leakyRelu(x, 0.2)),
  each('exact GELU', (x) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))))),
  each('tanh and sigmoid', (x) => tf.mul(tf.tanh(x), tf.sigmoid(x))),
  each('softplus', (x) => tf.softplus(tf.mul(x, 4))),
  each('exponential and logarithm', (x) => tf.log(tf.add(tf.exp(tf.mul(x, 3)), 1))),
  each('square and roots', (x) =>
    tf.add(tf.square(x), tf.mul(tf.sqrt(tf.add(tf.abs(x), 1)), tf.rsqrt(tf.add(tf.abs(x), 2)))),
  ),
  each('logarithm, power and clip', (x) => tf.log(tf.clipByValue(tf.pow(tf.abs(x), tf.scalar(1.5)), 0.01, 0.9))),
  each('choice by condition', (x) => tf.where(tf.greater(sample([5, 7], 9), 0), tf.square(x), tf.neg(x))),
  each('of many elements', (x) => tf.tanh(tf.mul(x, 2)), [3, 70_001]),
  pair('sum with a bias', (x, b) => tf.add(x, b), [2, 3, 5], [5]),
  pair('product along the middle', (x, b) => tf.mul(x, b), [2, 3, 5], [2, 1, 5]),
  pair('difference with a column', (x, b) => tf.sub(x, b), [4, 6], [4, 1]),
  pair('quotient by a row', (x, b) => tf.div(x, tf.add(tf.abs(b), 0.5)), [4, 6], [6]),
  pair('greater of two', (a, b) => tf.maximum(a, b), [5, 7], [5, 7]),
  pair('product with a scalar', (x, s) => tf.mul(x, s), [5, 7], []),
];
