import { sample, tf } from '../backend/index.js';
import { type ConformanceCase, type Operation, operationCase } from './case.js';
import { as4 } from './ranks.js';

const pooled = (name: string, operation: Operation, image: readonly number[]): ConformanceCase =>
  operationCase('pooling', { name, inputs: () => [sample(image, 1)], operation });

/**
 * Average pooling with `same` padding is not here and in no family: where a window reaches over the edge, TensorFlow divides by
 * the elements that it covers and TensorFlow.js by all of the window.
 */
export const pooling: readonly ConformanceCase[] = [
  pooled('max', (x) => tf.maxPool(as4(x), 2, 2, 'valid'), [2, 8, 6, 3]),
  pooled('max of overlapping windows', (x) => tf.maxPool(as4(x), 3, 2, 'same'), [2, 9, 7, 3]),
  pooled('max of negative values', (x) => tf.maxPool(as4(tf.sub(x, 2)), 3, 2, 'same'), [2, 8, 7, 3]),
  pooled('average', (x) => tf.avgPool(as4(x), 2, 2, 'valid'), [2, 8, 6, 3]),
  pooled('average over the whole image', (x) => tf.mean(as4(x), [1, 2]), [2, 7, 7, 5]),
];
