import { fusedKernel, namedSaved, output, type tf } from '../backend/index.js';
import { withGradient } from './hand-written-gradient.js';

/** Exact GELU, `x·Φ(x) = ½x(1 + erf(x/√2))` (Hendrycks & Gimpel 2016); gradient `Φ(x) + x·φ(x)`. */
export function gelu(x: tf.Tensor2D): tf.Tensor2D {
  const forward = fusedKernel('Gelu');
  const backward = fusedKernel('GeluGradient');
  if (forward === null || backward === null) return plain(x);
  return withGradient((input: tf.Tensor2D) => {
    const outputs = forward({ x: input }, {});
    return {
      value: output<tf.Tensor2D>(outputs, 0),
      keep: [input, ...outputs.slice(1)],
      backward: (dy, kept) => [output(backward({ dy, x: output(kept, 0), ...namedSaved(kept.slice(1)) }, {}), 0)],
    };
  })(x);
}

const plain = withGradient((x: tf.Tensor2D) => {
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
