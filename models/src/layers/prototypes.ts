import type { tf } from '../backend/index.js';
import { ones, truncatedNormal } from './initialisers.js';
import type { NamedTensors, Parameter } from './parameters.js';
import { weight } from './parameters.js';

/**
 * Parameters of a weight-normalised map (Salimans & Kingma 2016) from rows of this width to so many prototypes: `name/direction`
 * [width, count], and `name/gain` [count], which starts at 1 and is not trained: a trained one would make some prototypes win all rows.
 */
export const prototypeParameters = (name: string, width: number, count: number): readonly Parameter[] => [
  { name: `${name}/direction`, shape: [width, count], draw: truncatedNormal(startDeviation) },
  { name: `${name}/gain`, shape: [count], draw: ones, scope: 'frozen' },
];

/** As elsewhere in an aggregator; only the directions of the columns count. */
const startDeviation = 0.02;

/**
 * How near rows of length 1 lie to each prototype, [rows, width] → [rows, count]: the cosine, times the prototype's gain. A column is
 * brought to length 1 behind the product, on [rows, count] instead of on the whole direction.
 */
export function prototypes(weights: NamedTensors, name: string, unit: tf.Tensor2D): tf.Tensor2D {
  const direction: tf.Tensor2D = weight(weights, `${name}/direction`);
  const length = direction.square().sum(0).maximum(shortest).sqrt();
  return unit.matMul(direction).mul(weight(weights, `${name}/gain`).div(length));
}

/** Below it a column counts as this long (squared), so a column of zeros has a finite gradient. */
const shortest = 1e-24;
