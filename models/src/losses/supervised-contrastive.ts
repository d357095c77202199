import { tf } from '../backend/index.js';
import { toLength } from '../layers/index.js';
import { crossEntropy } from './cross-entropy.js';

/**
 * Supervised contrastive loss within one modality (Khosla et al. 2020, the sum outside the logarithm), a scalar. With
 * `s_ij = cos(x_i, x_j) / temperature` and self left out of both sums,
 * `L_i = −Σ_j w_ij · (s_ij − ln Σ_a exp s_ia) / Σ_j w_ij`, averaged over the anchors that have a positive: the others are
 * dropped, not counted as 0. Without any the loss is 0, and so is its gradient.
 *
 * @param embeddings [rows, width], of any length: they are normalised here
 * @param positives the weights w, [rows, rows], 0 or more; the diagonal is not read
 */
export function supervisedContrastive(embeddings: tf.Tensor2D, positives: tf.Tensor2D, temperature: number): tf.Scalar {
  const self = tf.eye(embeddings.shape[0]);
  const unit = toLength(embeddings);
  const scores = tf.matMul<tf.Tensor2D>(unit, unit, false, true).div(temperature);
  return anchorMean(scores.sub(self.mul(farBelow)), positives.mul(tf.sub(1, self)));
}

/**
 * The same between two modalities, mean of both directions: rows of `left` look for theirs in `right` and the other way round. No
 * pair is left out, as a patient's own other half is always a positive.
 *
 * @param left [rows, width]
 * @param right [columns, width]
 * @param positives the weights w, [rows, columns], 0 or more
 */
export function crossModalContrastive(
  left: tf.Tensor2D,
  right: tf.Tensor2D,
  positives: tf.Tensor2D,
  temperature: number,
): tf.Scalar {
  const scores = tf.matMul<tf.Tensor2D>(toLength(left), toLength(right), false, true).div<tf.Tensor2D>(temperature);
  return anchorMean(scores, positives).add(anchorMean(scores.transpose(), positives.transpose())).div(2);
}

/** Mean of `L_i` over the rows that have a positive: a cross-entropy whose targets are the weights, each row's sum brought to 1. */
function anchorMean(scores: tf.Tensor2D, positives: tf.Tensor2D): tf.Scalar {
  const sums = positives.sum(1, true);
  const anchors = sums.greater(0).sum().maximum(1);
  const targets = positives.div<tf.Tensor2D>(sums.add(sums.equal(0)));
  return crossEntropy(scores, targets.mul(tf.div(scores.shape[0], anchors)));
}

/** Below any score, yet finite: the share of self in the softmax is exactly 0. */
const farBelow = 1e9;
