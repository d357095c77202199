import { sample, tf } from '../backend/index.js';
import { type ConformanceCase, operationCase } from './case.js';

const tokens = () => tf.tensor2d([0, 3, 3, 1, 0, 2], [2, 3], 'int32');
const edges = () => tf.tensor1d([2, 0, 2, 1, 4, 2, 0, 4], 'int32');

/** Rows picked and rows added up: embeddings, batches, and the neighbours of a graph. */
export const gathering: readonly ConformanceCase[] = [
  operationCase('gathering', {
    name: 'embedding',
    inputs: () => [sample([4, 6], 1)],
    operation: (table) => tf.gather(table, tokens()),
  }),
  operationCase('gathering', {
    name: 'rows of a batch',
    inputs: () => [sample([20, 300], 1)],
    operation: (x) => tf.gather(x, tf.tensor1d([19, 3, 0, 7, 11], 'int32')),
  }),
  operationCase('gathering', {
    name: 'along the second axis',
    inputs: () => [sample([3, 5, 4], 1)],
    operation: (x) => tf.gather(x, tf.tensor1d([4, 4, 0], 'int32'), 1),
  }),
  operationCase('gathering', {
    name: 'sum of segments',
    inputs: () => [sample([8, 6], 1)],
    operation: (x) => tf.unsortedSegmentSum(x, edges(), 5),
  }),
  operationCase('gathering', {
    name: 'messages along edges and their sum',
    inputs: () => [sample([5, 6], 1), sample([6, 4], 2), sample([8, 1], 3)],
    operation: (nodes, kernel, strength) => {
      const messages = tf.mul(tf.gather(tf.matMul(nodes, kernel), edges()), strength);
      return tf.unsortedSegmentSum(messages, tf.reverse(edges(), 0), 5);
    },
  }),
  operationCase('gathering', {
    name: 'one-hot',
    inputs: () => [sample([3, 4], 1)],
    operation: (x) => tf.mul(x, tf.oneHot(tf.tensor1d([2, 0, 1], 'int32'), 4)),
  }),
];
