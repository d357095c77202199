import type { tf } from '../backend/index.js';
import { withGradient } from './hand-written-gradient.js';

/** Exact GELU, `x·Φ(x) = ½x(1 + erf(x/√2))` (Hendrycks & Gimpel 2016); gradient `Φ(x) + x·φ(x)`. */
export const gelu = withGradient((x: tf.Tensor2D) => {
  const cumulative = x.mul(Math.SQRT1_2).erf().add(1).mul(0.5);
  return {
    value: x.mul<tf.Tensor2D>(cumulative),
    keep: [x, cumulative] as const,
    backward: (dy, [input, phi]) => {
      const density = input.square().mul(-0.5).exp().mul(inverseRootTwoPi);
      return [dy.mul(phi.add(input.mul(density)))];
    },
  };
});

const inverseRootTwoPi = 1 / Math.sqrt(2 * Math.PI);
