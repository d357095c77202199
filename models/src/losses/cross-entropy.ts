import { tf } from '../backend/index.js';
import { withGradient } from '../operations/index.js';

/**
 * Mean softmax cross-entropy from logits: `−(1/B) Σ_b Σ_c target[b,c] · ln softmax(z_b)_c`, a scalar.
 * `targets` is one-hot [B, C]; a class-weighted loss has its class weights in place of the ones, and the sum is still divided
 * by B, not by the sum of weights. Any other shares of the classes will do, too. Gradient for the logits: `(softmax(z)·Σ_c target − target) / B`.
 */
export function crossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  const share = 1 / logits.shape[0];
  const loss = withGradient((z: tf.Tensor) => {
    const logProbabilities = tf.logSoftmax(z);
    return {
      value: logProbabilities.mul(targets).sum().mul<tf.Scalar>(-share),
      keep: [logProbabilities, targets] as const,
      backward: (dy, [logP, target]) => [logP.exp().mul(target.sum(1, true)).sub(target).mul(dy.mul(share))],
    };
  });
  return loss(logits);
}

/** One-hot targets [rows, classes], row-major, each one multiplied by the weight of its class. Labels are 0 … classes−1. */
export function oneHotTargets(
  labels: Int32Array,
  classes: number,
  classWeights: readonly number[] | null,
): Float32Array {
  const targets = new Float32Array(labels.length * classes);
  labels.forEach((label, row) => {
    targets[row * classes + label] = classWeights?.[label] ?? 1;
  });
  return targets;
}
