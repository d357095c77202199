import { tf } from '../backend/index.js';
import { type Graph, neighbourSum } from '../operations/index.js';
import { denseParameters } from './dense.js';
import type { NamedTensors, Parameter } from './parameters.js';
import { weight } from './parameters.js';

/** Parameters of a graph convolution: those of a dense layer, i·o + o weights. */
export const graphConvolutionParameters = (name: string, inputs: number, outputs: number): readonly Parameter[] =>
  denseParameters(name, inputs, outputs);

/**
 * Graph convolution (Kipf & Welling 2017): `Â·x·kernel + bias` with the normalised neighbourhood Â of a graph; [nodes, inputs] →
 * [nodes, outputs]. The kernel goes first, so neighbours are added up at the width of the outputs.
 */
export const graphConvolution = (weights: NamedTensors, name: string, x: tf.Tensor2D, graph: Graph): tf.Tensor2D =>
  neighbourSum(tf.matMul(x, weight<tf.Tensor2D>(weights, `${name}/kernel`)), graph).add(
    weight(weights, `${name}/bias`),
  );
