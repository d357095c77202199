import type { tf } from '../../backend/index.js';
import { batchNorm, dense, type Mode, type NamedTensors } from '../../layers/index.js';
import { normEps, normMomentum } from './normalisation.js';
import { convolutions } from './parameters.js';

/**
 * The published baseline: convolutions along the genes in the order of their columns, and a dense layer. The second and the third take two
 * neighbours at a time and step by two, so each is a dense layer over pairs of places; an odd place at the end is left out.
 * The first normalises after its ReLU, the others before. x is [batch, genes].
 */
export function runConvolution(weights: NamedTensors, x: tf.Tensor2D, mode: Mode): tf.Tensor2D {
  const batch = x.shape[0];
  const how = { eps: normEps, momentum: normMomentum, mode };
  const [first, ...others] = convolutions;
  let places = x.shape[1];
  let rows = batchNorm(weights, first.norm, dense(weights, first.name, x.reshape([-1, 1]), 'relu'), how);
  for (const { name, norm, span, inputs } of others) {
    const whole = Math.floor(places / span);
    const fitting = rows.as3D(batch, places, inputs).slice([0, 0, 0], [-1, whole * span, -1]);
    rows = batchNorm(weights, norm, dense(weights, name, fitting.as2D(batch * whole, span * inputs)), how).relu();
    places = whole;
  }
  return dense(weights, 'head', rows.reshape([batch, -1]));
}
