import { tf } from '../backend/index.js';

/** The largest of each 2 × 2 square: [batch, height, width, channels] → [batch, ⌊height/2⌋, ⌊width/2⌋, channels]. */
export const maxPool = (x: tf.Tensor4D): tf.Tensor4D => tf.maxPool(x, 2, 2, 'valid');

/** The largest over the channels: [batch, places, channels] → [batch, places]. Equal ones all get the whole gradient. */
export const channelMax = (x: tf.Tensor3D): tf.Tensor2D => tf.max(x, -1);

/**
 * Mean over the tokens: [batch, tokens, width] → [batch, width]. For the mean over an image give its pixels as tokens; for bags of
 * different sizes, padded to the largest, `present` [batch, tokens] of 1 and 0. An empty bag has the mean 0.
 */
export function tokenMean(x: tf.Tensor3D, present?: tf.Tensor2D): tf.Tensor2D {
  const [batch, tokens, width] = x.shape;
  const shares =
    present === undefined ? tf.fill([batch, tokens], 1 / tokens) : present.div(present.sum(1, true).maximum(1));
  return tf.matMul<tf.Tensor3D>(shares.reshape<tf.Tensor3D>([batch, 1, tokens]), x).reshape([batch, width]);
}
