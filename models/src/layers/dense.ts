import { tf } from '../backend/index.js';
import { fanInUniform, zeros } from './initialisers.js';
import type { NamedTensors, Parameter } from './parameters.js';
import { weight } from './parameters.js';

export type Activation = 'linear' | 'relu';

/** Parameters of a dense layer: `name/kernel` [inputs, outputs] and `name/bias` [outputs]; i·o + o weights. */
export const denseParameters = (name: string, inputs: number, outputs: number): readonly Parameter[] => [
  { name: `${name}/kernel`, shape: [inputs, outputs], draw: fanInUniform },
  { name: `${name}/bias`, shape: [outputs], draw: zeros },
];

/**
 * `activation(x·kernel + bias)` over the last axis: [rows, inputs] → [rows, outputs].
 * Not TensorFlow.js's fused product: its gradient always forms that of x too, which for the first layer, the largest, nobody
 * reads.
 */
export function dense(
  weights: NamedTensors,
  name: string,
  x: tf.Tensor2D,
  activation: Activation = 'linear',
): tf.Tensor2D {
  const product = tf.matMul<tf.Tensor2D>(x, weight(weights, `${name}/kernel`));
  const sum = product.add<tf.Tensor2D>(weight(weights, `${name}/bias`));
  return activation === 'relu' ? sum.relu() : sum;
}
