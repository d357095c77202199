import { sample, tf } from '../backend/index.js';
import { type ConformanceCase, type Operation, operationCase } from './case.js';

const moved = (name: string, operation: Operation, ...shapes: readonly (readonly number[])[]): ConformanceCase =>
  operationCase('shapes', { name, inputs: () => shapes.map((shape, index) => sample(shape, index + 1)), operation });

/** Operations that only move values about. */
export const shapes: readonly ConformanceCase[] = [
  moved('reshape and transposition', (x) => tf.transpose(tf.reshape(x, [2, 3, 4, 2]), [0, 2, 1, 3]), [2, 3, 8]),
  moved('transposition of five axes', (x) => tf.transpose(x, [2, 0, 3, 1, 4]), [2, 5, 3, 2, 4]),
  moved('slice', (x) => tf.slice(x, [0, 1, 2], [2, 2, 3]), [2, 4, 6]),
  moved('tile', (x) => tf.tile(x, [3, 1, 2]), [1, 2, 4]),
  moved(
    'padding',
    (x) =>
      tf.pad(x, [
        [1, 2],
        [0, 3],
      ]),
    [3, 4],
  ),
  moved('broadcast', (x) => tf.broadcastTo(x, [4, 3, 5]), [3, 1]),
  moved('concatenation', (a, b) => tf.concat([a, b], 1), [2, 1, 4], [2, 3, 4]),
  moved('split', (x) => tf.mul(...halves(x)), [4, 6]),
  moved('stack and unstack', (a, b) => tf.unstack(tf.stack([a, b], 1), 0)[1] ?? a, [2, 3], [2, 3]),
  moved('reversal', (x) => tf.reverse(x, 1), [3, 5]),
];

function halves(x: tf.Tensor): [tf.Tensor, tf.Tensor] {
  const [left = x, right = x] = tf.split(x, 2, 1);
  return [left, right];
}
