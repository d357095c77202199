import { tf } from '../backend/index.js';

/**
 * Gradients shortened, all by one factor, to the given L2 norm over all of them together (Pascanu et al. 2013); shorter ones stay. Nothing
 * is read back. Where one is not finite, none is afterwards.
 */
export function clipToNorm(gradients: readonly tf.Tensor[], limit: number): readonly tf.Tensor[] {
  if (!(limit > 0)) throw new RangeError(`a norm of at most ${limit}`);
  const squares = tf.stack(gradients.map((gradient) => gradient.square().sum()));
  const factor = tf.div(limit, squares.sum().sqrt().maximum(limit));
  return gradients.map((gradient) => gradient.mul(factor));
}
