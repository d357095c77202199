import { fusedKernel, output, type tf } from '../backend/index.js';
import { withGradient } from './hand-written-gradient.js';

/**
 * Normalises each row over the last axis with the biased variance, then scales and shifts (Ba et al. 2016):
 * `(x − mean) / √(var + eps) · gamma + beta`. x [rows, width], gamma and beta [width] → [rows, width].
 *
 * With h the normalised row and d = dy·gamma, the gradient is `dx = (d − mean(d) − h·mean(d·h)) / √(var + eps)`.
 */
export function layerNorm(x: tf.Tensor2D, gamma: tf.Tensor1D, beta: tf.Tensor1D, eps: number): tf.Tensor2D {
  const forward = fusedKernel('LayerNorm');
  const backward = fusedKernel('LayerNormGradient');
  if (forward === null || backward === null) return plain(eps)(x, gamma, beta);
  const normalise = withGradient((input: tf.Tensor2D, scale: tf.Tensor1D, shift: tf.Tensor1D) => {
    const outputs = forward({ x: input, gamma: scale, beta: shift }, { eps });
    return {
      value: output<tf.Tensor2D>(outputs, 0),
      keep: [input, scale, output(outputs, 1), output(outputs, 2)] as const,
      backward: (dy, [rows, gain, mean, inverse]) => [...backward({ dy, x: rows, gamma: gain, mean, inverse }, {})],
    };
  });
  return normalise(x, gamma, beta);
}

const plain = (eps: number) =>
  withGradient((input: tf.Tensor2D, gamma: tf.Tensor1D, beta: tf.Tensor1D) => {
    const centred = input.sub(input.mean(-1, true));
    const inverse = centred.square().mean(-1, true).add(eps).rsqrt();
    const normalised = centred.mul(inverse);
    return {
      value: normalised.mul(gamma).add<tf.Tensor2D>(beta),
      keep: [normalised, inverse, gamma] as const,
      backward: (dy, [h, scale, g]) => {
        const d = dy.mul(g);
        const dx = d
          .sub(d.mean(-1, true))
          .sub(h.mul(d.mul(h).mean(-1, true)))
          .mul(scale);
        return [dx, dy.mul(h).sum(0), dy.sum(0)];
      },
    };
  });
