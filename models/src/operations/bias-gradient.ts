import { fusedKernel, output, tf } from '../backend/index.js';

/** Sum over all axes but the last: dy […, width] → [width]. */
export function biasGradient(dy: tf.Tensor): tf.Tensor1D {
  const fused = fusedKernel('BiasGradient');
  if (fused !== null) return output(fused({ dy }, {}), 0);
  return tf.sum(
    dy,
    dy.shape.slice(0, -1).map((_, axis) => axis),
  );
}
