import type { tf } from '../backend/index.js';
import { withGradient } from '../operations/index.js';

/**
 * Mean over all elements of `(output − target)²`, a scalar; equal shapes. Gradient for the output: `2·(output − target) / n`.
 */
export function meanSquaredError(output: tf.Tensor2D, target: tf.Tensor2D): tf.Scalar {
  const loss = withGradient((given: tf.Tensor) => {
    const difference = given.sub(target);
    return {
      value: difference.square().mean<tf.Scalar>(),
      keep: [difference] as const,
      backward: (dy, [apart]) => [apart.mul(dy.mul(2 / apart.size))],
    };
  });
  return loss(output);
}
