import { tf } from '../backend/index.js';

/** The largest of each 2 × 2 square: [batch, height, width, channels] → [batch, ⌊height/2⌋, ⌊width/2⌋, channels]. */
export const maxPool = (x: tf.Tensor4D): tf.Tensor4D => tf.maxPool(x, 2, 2, 'valid');
