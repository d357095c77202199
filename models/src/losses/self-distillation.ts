import { tf } from '../backend/index.js';
import { crossEntropy } from './cross-entropy.js';

export interface ViewOptions {
  readonly patients: number;
  /** Of the student: sharper than 1, and softer than the teacher's. */
  readonly temperature: number;
}

/**
 * Self-distillation over the views of a patient (Caron et al. 2021): `−Σ_{u, v ≠ u} P_t(u) · ln P_s(v)`, the mean over all pairs of a
 * teacher's view u and another view v of the student, and over the patients; a scalar. No gradient goes to the teacher.
 *
 * Per view of the student this is one cross-entropy against the sum of the teacher's other views, so all pairs take one pass.
 *
 * @param student logits [views · patients, prototypes], view by view; the views that the teacher sees come first, in its order
 * @param teacher probabilities [teacher's views · patients, prototypes], view by view
 */
export function distilViews(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { patients, temperature }: ViewOptions,
): tf.Scalar {
  const [rows, prototypes] = student.shape;
  const [taughtRows] = teacher.shape;
  if (rows % patients !== 0 || taughtRows % patients !== 0 || taughtRows > rows) {
    throw new RangeError(`${rows} and ${taughtRows} rows are no views of ${patients} patients`);
  }
  const [views, taught] = [rows / patients, taughtRows / patients];
  const pairs = taught * (views - 1);
  const seen = teacher.reshape<tf.Tensor3D>([taught, patients, prototypes]);
  const others = seen.sum(0, true).tile<tf.Tensor3D>([views, 1, 1]);
  const own = seen.pad([
    [0, views - taught],
    [0, 0],
    [0, 0],
  ]);
  const targets = others.sub(own).reshape<tf.Tensor2D>([rows, prototypes]);
  return crossEntropy(student.div(temperature), targets.mul(views / pairs));
}

export interface CellOptions {
  /** The bag of each row, 0 … bags − 1. */
  readonly bagOf: Int32Array;
  readonly bags: number;
  /** Of the student. */
  readonly temperature: number;
}

/**
 * Self-distillation of masked cells (Zhou et al. 2022): the mean over the bags of the mean over a bag's masked cells of
 * `−P_t · ln P_s`; a scalar. A bag without a masked cell counts 0. No gradient goes to the teacher.
 *
 * @param student logits of the masked cells alone, one or more: [cells, prototypes]
 * @param teacher probabilities of the same cells as it saw them unmasked, [cells, prototypes]
 */
export function distilCells(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { bagOf, bags, temperature }: CellOptions,
): tf.Scalar {
  const cells = student.shape[0];
  if (cells === 0 || bagOf.length !== cells) throw new RangeError(`bags of ${bagOf.length} cells for ${cells}`);
  const masked = new Int32Array(bags);
  for (const bag of bagOf) masked[bag]!++;
  const shares = tf.tensor2d(
    Float32Array.from(bagOf, (bag) => cells / (bags * masked[bag]!)),
    [cells, 1],
  );
  return crossEntropy(student.div(temperature), teacher.mul(shares));
}
