import type { tf } from '../../../backend/index.js';
import type { Mode, NamedTensors, Parameter } from '../../../layers/index.js';
import { dense, denseParameters, dropout } from '../../../layers/index.js';
import type { BloodAutoencoderOptions } from '../config.js';

type FfnOptions = Pick<BloodAutoencoderOptions, 'latent' | 'headWidth1' | 'headWidth2' | 'dropout'>;

export const ffnParameters = (
  { latent, headWidth1, headWidth2 }: FfnOptions,
  outputs: number,
): readonly Parameter[] => [
  ...denseParameters('head/dense1', latent, headWidth1),
  ...denseParameters('head/dense2', headWidth1, headWidth2),
  ...denseParameters('head/output', headWidth2, outputs),
];

/** Two hidden layers with ReLU and dropout: [rows, latent] → [rows, outputs]. */
export function ffn(weights: NamedTensors, code: tf.Tensor2D, mode: Mode, { dropout: rate }: FfnOptions): tf.Tensor2D {
  const first = dropout(dense(weights, 'head/dense1', code, 'relu'), rate, mode, 'head/dense1');
  const second = dropout(dense(weights, 'head/dense2', first, 'relu'), rate, mode, 'head/dense2');
  return dense(weights, 'head/output', second);
}
