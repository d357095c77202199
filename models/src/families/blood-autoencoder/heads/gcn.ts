import type { tf } from '../../../backend/index.js';
import type { Graph, Mode, NamedTensors, Parameter } from '../../../layers/index.js';
import { dropout, graphConvolution, graphConvolutionParameters } from '../../../layers/index.js';
import type { BloodAutoencoderOptions } from '../config.js';

export type GcnOptions = Pick<BloodAutoencoderOptions, 'latent' | 'graphWidth' | 'dropout'>;

export const gcnParameters = ({ latent, graphWidth }: GcnOptions, outputs: number): readonly Parameter[] => [
  ...graphConvolutionParameters('head/graph1', latent, graphWidth),
  ...graphConvolutionParameters('head/graph2', graphWidth, outputs),
];

/** Two graph convolutions, ReLU and dropout between: `Â·ReLU(Â·z·W₀ + b₀)·W₁ + b₁`; [nodes, latent] → [nodes, outputs]. */
export function gcn(
  weights: NamedTensors,
  code: tf.Tensor2D,
  graph: Graph,
  mode: Mode,
  { dropout: rate }: GcnOptions,
): tf.Tensor2D {
  const hidden = graphConvolution(weights, 'head/graph1', code, graph).relu<tf.Tensor2D>();
  return graphConvolution(weights, 'head/graph2', dropout(hidden, rate, mode, 'head/graph1'), graph);
}
