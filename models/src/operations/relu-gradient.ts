import { fusedKernel, output, tf } from '../backend/index.js';

/** The slope before a ReLU from the one behind it and its output: `dy` where `y` > 0, else 0. */
export function reluGradient<T extends tf.Tensor>(dy: T, y: tf.Tensor): T {
  const fused = fusedKernel('ReluGradient');
  return fused === null ? tf.mul(dy, tf.step(y)) : output(fused({ dy, y }, {}), 0);
}
