import type { tf } from '../backend/index.js';
import { type GroupNormOptions, groupNorm as normalise } from '../operations/index.js';
import { ones, zeros } from './initialisers.js';
import type { NamedTensors, Parameter } from './parameters.js';
import { weight } from './parameters.js';

/** Parameters of a group normalisation: `name/gamma` and `name/beta`, each [channels], whatever the groups. */
export const groupNormParameters = (name: string, channels: number): readonly Parameter[] => [
  { name: `${name}/gamma`, shape: [channels], draw: ones },
  { name: `${name}/beta`, shape: [channels], draw: zeros },
];

/**
 * Group normalisation of images [batch, height, width, channels], kept: in training as at any other time, and with nothing that one
 * image tells of another.
 */
export const groupNorm = (
  weights: NamedTensors,
  name: string,
  x: tf.Tensor4D,
  options: GroupNormOptions,
): tf.Tensor4D => normalise(x, weight(weights, `${name}/gamma`), weight(weights, `${name}/beta`), options);
