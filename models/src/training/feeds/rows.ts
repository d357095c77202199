import { tf } from '../../backend/index.js';
import { asRows, denseRows, type Samples } from '../../samples/index.js';
import type { Feed } from './feed.js';

/**
 * Rows of numbers as [batch, width]. For training, dense rows are brought to the device once and gathered there, as every row is
 * asked for many times; a sparse matrix is unfolded a batch at a time, since as a whole it may not fit.
 */
export function rowsFeed(samples: Samples, training: boolean): Feed<tf.Tensor2D> {
  const input = asRows(samples);
  const { rows, width } = input;
  if (!training || input.kind === 'sparse') {
    return { take: (wanted) => tf.tensor2d(denseRows(input, wanted), [wanted.length, width]), dispose: () => {} };
  }
  const whole = tf.tensor2d(input.values, [rows, width]);
  return { take: (wanted) => whole.gather(tf.tensor1d(wanted, 'int32')), dispose: () => whole.dispose() };
}
