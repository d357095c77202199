import type { tf } from '../backend/index.js';
import { biasGradient } from './bias-gradient.js';
import { withGradient } from './hand-written-gradient.js';

/**
 * `x + y ⊙ scale`: x and y [rows, width], scale [width]. Gradient: `dx = d`, `dy = d ⊙ scale`, `dscale = Σ_rows d ⊙ y`.
 */
export const addScaled = (x: tf.Tensor2D, y: tf.Tensor2D, scale: tf.Tensor1D): tf.Tensor2D =>
  withGradient((base: tf.Tensor2D, branch: tf.Tensor2D, gain: tf.Tensor1D) => ({
    value: base.add<tf.Tensor2D>(branch.mul(gain)),
    keep: [branch, gain] as const,
    backward: (d, [kept, factor]) => [d.clone(), d.mul(factor), biasGradient(d.mul(kept))],
  }))(x, y, scale);
