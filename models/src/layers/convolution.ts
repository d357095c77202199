import { type Activation, tf } from '../backend/index.js';
import { convolution as convolve } from '../operations/index.js';
import { heNormal, zeros } from './initialisers.js';
import type { NamedTensors, Parameter } from './parameters.js';
import { weight } from './parameters.js';

/** Parameters of a convolution: `name/kernel` [size, size, inputs, outputs] and `name/bias` [outputs]; size²·i·o + o weights. */
export const convolutionParameters = (
  name: string,
  size: number,
  inputs: number,
  outputs: number,
): readonly Parameter[] => [
  { name: `${name}/kernel`, shape: [size, size, inputs, outputs], draw: heNormal },
  { name: `${name}/bias`, shape: [outputs], draw: zeros },
];

/** `activation(conv(x, kernel) + bias)`, stride 1 and `same` padding: [batch, height, width, inputs] → [batch, height, width, outputs]. */
export const convolution = (
  weights: NamedTensors,
  name: string,
  x: tf.Tensor4D,
  activation: Activation = 'linear',
): tf.Tensor4D => convolve(x, weight(weights, `${name}/kernel`), weight(weights, `${name}/bias`), activation);

/** Parameters of a convolution without bias: `name/kernel` [size, size, inputs, outputs]; size²·i·o weights. */
export const bareConvolutionParameters = (
  name: string,
  size: number,
  inputs: number,
  outputs: number,
): readonly Parameter[] => convolutionParameters(name, size, inputs, outputs).slice(0, 1);

/** `convolution` without bias and activation: for before a batch normalisation, which would take the bias away again. */
export const bareConvolution = (weights: NamedTensors, name: string, x: tf.Tensor4D): tf.Tensor4D =>
  tf.conv2d(x, weight<tf.Tensor4D>(weights, `${name}/kernel`), 1, 'same');
