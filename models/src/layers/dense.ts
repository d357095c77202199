import { tf } from '../backend/index.js';
import { glorotUniform, heUniform, zeros } from './initialisers.js';
import type { NamedTensors, Parameter } from './parameters.js';
import { weight } from './parameters.js';

export type Activation = 'linear' | 'relu';

/** Parameters of a dense layer: `name/kernel` [inputs, outputs] and `name/bias` [outputs]; i·o + o weights. */
export const denseParameters = (
  name: string,
  inputs: number,
  outputs: number,
  activation: Activation = 'linear',
): readonly Parameter[] => [
  { name: `${name}/kernel`, shape: [inputs, outputs], draw: activation === 'relu' ? heUniform : glorotUniform() },
  { name: `${name}/bias`, shape: [outputs], draw: zeros },
];

/** `activation(x·kernel + bias)` over the last axis: [rows, inputs] → [rows, outputs], as one fused operation. */
export function dense(
  weights: NamedTensors,
  name: string,
  x: tf.Tensor2D,
  activation: Activation = 'linear',
): tf.Tensor2D {
  const kernel = weight(weights, `${name}/kernel`);
  return tf.fused
    .matMul({ a: x, b: kernel, bias: weight(weights, `${name}/bias`), activation })
    .as2D(x.shape[0], kernel.shape[1] ?? 0);
}
