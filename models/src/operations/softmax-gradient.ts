import { fusedKernel, output, type tf } from '../backend/index.js';

/**
 * `(dp − Σ dp ⊙ p) ⊙ p · scale` over the last axis: from the slope dp behind `p = softmax(scale · s)` to the slope of s. Any
 * equal shapes.
 */
export function softmaxGradient<T extends tf.Tensor>(dp: T, p: tf.Tensor, scale: number): T {
  const fused = fusedKernel('SoftmaxGradient');
  if (fused !== null) return output(fused({ dp, p }, { scale }), 0);
  const weighted = dp.mul(p);
  return weighted.sub(p.mul(weighted.sum(-1, true))).mul<T>(scale);
}
