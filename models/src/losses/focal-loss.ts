import { tf } from '../backend/index.js';
import { withGradient } from '../operations/index.js';
import { crossEntropy } from './cross-entropy.js';

/**
 * Mean focal loss from logits (Lin et al. 2017): `−(1/B) Σ_b Σ_c target[b,c] · (1 − p)^γ · ln p` with `p = softmax(z_b)_c`, a scalar.
 * `targets` is as for `crossEntropy`: one-hot [B, C], class weights (the paper's α) in place of the ones. γ = 0 is the
 * cross-entropy. With `g_c = target_c · (γ(1 − p)^{γ−1} p ln p − (1 − p)^γ)` the gradient for logit j is `(g_j − p_j Σ_c g_c) / B`.
 * Built on the log-softmax, so it stays finite where p underflows.
 *
 * @param gamma 0, or at least 1: between them the gradient has a pole at p = 1
 */
export function focalLoss(logits: tf.Tensor2D, targets: tf.Tensor2D, gamma: number): tf.Scalar {
  if (gamma === 0) return crossEntropy(logits, targets);
  if (!(gamma >= 1)) throw new RangeError(`a focal loss with gamma ${gamma}`);
  const share = 1 / logits.shape[0];
  const loss = withGradient((z: tf.Tensor) => {
    const logP = tf.logSoftmax(z);
    const rest = logP.expm1().neg();
    const modulated = power(rest, gamma);
    return {
      value: modulated.mul(logP).mul(targets).sum().mul<tf.Scalar>(-share),
      keep: [logP, rest, modulated, targets] as const,
      backward: (dy, [ln, q, qPower, target]) => {
        const p = ln.exp();
        const g = power(q, gamma - 1)
          .mul(gamma)
          .mul(p)
          .mul(ln)
          .sub(qPower)
          .mul(target);
        return [g.sub(p.mul(g.sum(1, true))).mul(dy.mul(share))];
      },
    };
  });
  return loss(logits);
}

/** The exponents in use, 1 and 2, need no power function. */
function power(x: tf.Tensor, exponent: number): tf.Tensor {
  if (exponent === 1) return x;
  if (exponent === 2) return x.square();
  return x.pow(exponent);
}
