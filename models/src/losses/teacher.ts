import { tf } from '../backend/index.js';

/**
 * What a teacher says, centred and sharpened (Caron et al. 2021): `softmax((z − centre) / temperature)`, [rows, prototypes]. The centre
 * keeps one prototype from taking all rows.
 */
export const centredTeacher = (logits: tf.Tensor2D, centre: tf.Tensor1D, temperature: number): tf.Tensor2D =>
  tf.softmax(logits.sub<tf.Tensor2D>(centre).div<tf.Tensor2D>(temperature));

/**
 * The other way to keep the prototypes in use (Caron et al. 2020): Sinkhorn–Knopp. `exp(z / temperature)` is brought by turns to equal
 * sums over the prototypes and over the rows; [rows, prototypes], rows summing to 1.
 */
export function sinkhornTeacher(logits: tf.Tensor2D, temperature: number, iterations = 3): tf.Tensor2D {
  const scaled = logits.div<tf.Tensor2D>(temperature);
  let shares = tf.exp(scaled.sub<tf.Tensor2D>(scaled.max()));
  for (let turn = 0; turn < iterations; turn++) {
    shares = shares.div(shares.sum(0, true).maximum(smallest));
    shares = shares.div(shares.sum(1, true).maximum(smallest));
  }
  return shares;
}

/** A prototype that no row comes near has a sum of 0. */
const smallest = 1e-30;

/**
 * `momentum · average + (1 − momentum) · fresh`, of any shape: a teacher's weights from its own and the student's. k steps with one
 * student are one step with the k-th power of the momentum.
 */
export const movedAverage = <T extends tf.Tensor>(average: T, fresh: tf.Tensor, momentum: number): T =>
  average.mul(momentum).add(fresh.mul(1 - momentum));

/** The centre after a batch, [prototypes]: moved by the mean of the teacher's logits [rows, prototypes]. For after the loss. */
export const movedCentre = (centre: tf.Tensor1D, logits: tf.Tensor2D, momentum: number): tf.Tensor1D =>
  movedAverage(centre, logits.mean(0), momentum);

/**
 * Mean entropy of a teacher's probabilities [rows, prototypes], in nats: 0 or ln(prototypes) says that it has collapsed onto one answer or
 * onto none.
 */
export const teacherEntropy = (probabilities: tf.Tensor2D): tf.Scalar =>
  tf.neg(tf.mean<tf.Scalar>(probabilities.mul(probabilities.maximum(smallest).log()).sum(1)));
