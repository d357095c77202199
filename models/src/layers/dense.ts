import type { Activation, tf } from '../backend/index.js';
import { dense as product } from '../operations/index.js';
import { fanInUniform, zeros } from './initialisers.js';
import type { NamedTensors, Parameter } from './parameters.js';
import { weight } from './parameters.js';

/** Parameters of a dense layer: `name/kernel` [inputs, outputs] and `name/bias` [outputs]; i·o + o weights. */
export const denseParameters = (name: string, inputs: number, outputs: number): readonly Parameter[] => [
  { name: `${name}/kernel`, shape: [inputs, outputs], draw: fanInUniform },
  { name: `${name}/bias`, shape: [outputs], draw: zeros },
];

/** `activation(x·kernel + bias)` over the last axis: [rows, inputs] → [rows, outputs]. */
export const dense = (
  weights: NamedTensors,
  name: string,
  x: tf.Tensor2D,
  activation: Activation = 'linear',
): tf.Tensor2D => product(x, weight(weights, `${name}/kernel`), weight(weights, `${name}/bias`), activation);
