import { tf } from '../backend/index.js';

/** A tensor of rank 4, typed as such. */
export const as4 = (x: tf.Tensor): tf.Tensor4D =>
  tf.reshape(x, [x.shape[0] ?? 1, x.shape[1] ?? 1, x.shape[2] ?? 1, x.shape[3] ?? 1]);
