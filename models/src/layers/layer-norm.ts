import type { tf } from '../backend/index.js';
import { layerNorm as normalise } from '../operations/index.js';
import { ones, zeros } from './initialisers.js';
import type { NamedTensors, Parameter } from './parameters.js';
import { weight } from './parameters.js';

/** Parameters of a layer normalisation: `name/gamma` and `name/beta`, each [width]. */
export const layerNormParameters = (name: string, width: number): readonly Parameter[] => [
  { name: `${name}/gamma`, shape: [width], draw: ones },
  { name: `${name}/beta`, shape: [width], draw: zeros },
];

/** Layer normalisation over the last axis: [rows, width], kept. */
export const layerNorm = (weights: NamedTensors, name: string, x: tf.Tensor2D, eps: number): tf.Tensor2D =>
  normalise(x, weight(weights, `${name}/gamma`), weight(weights, `${name}/beta`), eps);
