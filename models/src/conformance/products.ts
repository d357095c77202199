import { sample, tf } from '../backend/index.js';
import { type ConformanceCase, operationCase } from './case.js';

const product = (
  name: string,
  left: readonly number[],
  right: readonly number[],
  transposed: readonly [left: boolean, right: boolean] = [false, false],
): ConformanceCase =>
  operationCase('products', {
    name,
    inputs: () => [sample(left, 1), sample(right, 2)],
    operation: (a, b) => tf.matMul(a, b, ...transposed),
  });

export const products: readonly ConformanceCase[] = [
  product('plain', [7, 5], [5, 3]),
  product('left transposed', [5, 7], [5, 3], [true, false]),
  product('right transposed', [7, 5], [3, 5], [false, true]),
  product('both transposed', [5, 7], [3, 5], [true, true]),
  product('of odd sizes', [33, 65], [65, 17]),
  product('of one row', [1, 129], [129, 64]),
  product('to one column', [96, 40], [40, 1]),
  product('batched', [2, 4, 7, 5], [2, 4, 5, 3]),
  product('batched, right transposed', [6, 9, 4], [6, 5, 4], [false, true]),
  operationCase('products', {
    name: 'with bias',
    inputs: () => [sample([12, 9], 1), sample([9, 6], 2), sample([6], 3)],
    operation: (x, kernel, bias) => tf.relu(tf.add(tf.matMul(x, kernel), bias)),
  }),
  operationCase('products', {
    name: 'einsum',
    inputs: () => [sample([2, 5, 3, 4], 1), sample([2, 6, 3, 4], 2)],
    operation: (q, k) => tf.einsum('aecd,abcd->acbe', q, k),
  }),
];
