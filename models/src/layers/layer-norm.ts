import type { tf } from '../backend/index.js';
import { withGradient } from './hand-written-gradient.js';
import { ones, zeros } from './initialisers.js';
import type { NamedTensors, Parameter } from './parameters.js';
import { weight } from './parameters.js';

/** Parameters of a layer normalisation: `name/gamma` and `name/beta`, each [width]. */
export const layerNormParameters = (name: string, width: number): readonly Parameter[] => [
  { name: `${name}/gamma`, shape: [width], draw: ones },
  { name: `${name}/beta`, shape: [width], draw: zeros },
];

/**
 * Normalises each row over the last axis with the biased variance, then scales and shifts (Ba et al. 2016):
 * `(x − mean) / √(var + eps) · gamma + beta`. Shape [rows, width], kept.
 *
 * With h the normalised row and d = dy·gamma, the gradient is `dx = (d − mean(d) − h·mean(d·h)) / √(var + eps)`.
 */
export function layerNorm(weights: NamedTensors, name: string, x: tf.Tensor2D, eps: number): tf.Tensor2D {
  const normalise = withGradient((input: tf.Tensor2D, gamma: tf.Tensor, beta: tf.Tensor) => {
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
  return normalise(x, weight(weights, `${name}/gamma`), weight(weights, `${name}/beta`));
}
