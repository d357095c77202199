import { sample, tf } from '../backend/index.js';
import { type ConformanceCase, type Operation, operationCase } from './case.js';
import { as4 } from './ranks.js';

const convolve = (stride: number, padding: 'same' | 'valid'): Operation => {
  return (x, filter) => tf.conv2d(as4(x), as4(filter), stride, padding);
};

const filtered = (
  name: string,
  operation: Operation,
  image: readonly number[],
  filter: readonly number[],
): ConformanceCase =>
  operationCase('convolution', { name, inputs: () => [sample(image, 1), sample(filter, 2)], operation });

/**
 * Convolutions with `same` or `valid` padding. The native library takes no padding in numbers, so no family may use one and
 * none is here.
 */
export const convolution: readonly ConformanceCase[] = [
  filtered('3 × 3, same', convolve(1, 'same'), [2, 8, 7, 3], [3, 3, 3, 4]),
  filtered('3 × 3 of many channels', convolve(1, 'same'), [2, 6, 6, 32], [3, 3, 32, 16]),
  filtered('3 × 3, valid, stride 2', convolve(2, 'valid'), [2, 9, 8, 3], [3, 3, 3, 4]),
  filtered('3 × 3, same, stride 2', convolve(2, 'same'), [2, 8, 7, 3], [3, 3, 3, 4]),
  filtered('1 × 1', convolve(1, 'same'), [2, 5, 5, 8], [1, 1, 8, 4]),
  filtered('7 × 7 to one channel', convolve(1, 'same'), [2, 9, 9, 2], [7, 7, 2, 1]),
  filtered(
    'of sequences',
    (x, filter) => tf.reshape(tf.conv2d(as4(x), as4(filter), 1, 'same'), [2, 9, 4]),
    [2, 1, 9, 3],
    [1, 3, 3, 4],
  ),
  filtered(
    'of each channel',
    (x, filter) => tf.depthwiseConv2d(as4(x), as4(filter), 1, 'same'),
    [2, 8, 7, 3],
    [3, 3, 3, 2],
  ),
  operationCase('convolution', {
    // Without a bias: the normalisation takes its effect away, and its gradient would be nothing but rounding.
    name: 'with normalisation, relu and pooling',
    inputs: () => [sample([2, 8, 8, 3], 1), sample([3, 3, 3, 6], 2)],
    operation: (x, filter) => {
      const convolved = tf.conv2d(as4(x), as4(filter), 1, 'same');
      const { mean, variance } = tf.moments(convolved, [0, 1, 2], true);
      const normed = tf.div(tf.sub(convolved, mean), tf.sqrt(tf.add(variance, 1e-3)));
      return tf.maxPool(as4(tf.relu(normed)), 2, 2, 'valid');
    },
  }),
];
