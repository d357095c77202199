import type { tf } from '../backend/index.js';
import { truncatedNormal } from './initialisers.js';
import type { NamedTensors, Parameter } from './parameters.js';
import { weight } from './parameters.js';

/** Parameter of a learned table of positions: `name/table` [tokens, width]. */
export const positionParameters = (name: string, tokens: number, width: number): readonly Parameter[] => [
  { name: `${name}/table`, shape: [tokens, width], draw: truncatedNormal(startDeviation) },
];

/** Small beside the tokens. */
const startDeviation = 0.02;

/** Adds its position's row to each token: [batch, tokens, width], kept. Without it attention takes tokens for a set. */
export const addPositions = (weights: NamedTensors, name: string, x: tf.Tensor3D): tf.Tensor3D =>
  x.add(weight(weights, `${name}/table`));
