import { tf } from '../../backend/index.js';
import type { Mode, NamedTensors, Parameter } from '../../layers/index.js';
import {
  batchNorm,
  batchNormParameters,
  batchNormStatistics,
  dense,
  denseParameters,
  weight,
} from '../../layers/index.js';
import { dense as product, withGradient } from '../../operations/index.js';
import type { BloodAutoencoderOptions } from './config.js';

/** Of every batch normalisation. A round at a site may be a few steps long, so the averages follow soon. */
export const norm = { eps: 1e-3, momentum: 0.9 };

type Widths = Pick<BloodAutoencoderOptions, 'width1' | 'width2' | 'latent'>;

/** Tensors of one half of the autoencoder: what its layers are made of, and what its batch normalisations are. */
export interface Half {
  readonly layers: readonly Parameter[];
  readonly norms: readonly Parameter[];
}

export const encoderHalf = (features: number, { width1, width2, latent }: Widths): Half =>
  half('encoder', [features, width1, width2, latent], 'code');

export const decoderHalf = (features: number, { width1, width2, latent }: Widths): Half =>
  half('decoder', [latent, width2, width1, features], 'output');

function half(
  part: string,
  [input, hidden1, hidden2, output]: readonly [number, number, number, number],
  last: string,
) {
  return {
    layers: [
      ...denseParameters(`${part}/dense1`, input, hidden1),
      ...denseParameters(`${part}/dense2`, hidden1, hidden2),
      ...denseParameters(`${part}/${last}`, hidden2, output),
    ],
    norms: [hidden1, hidden2].flatMap((channels, index) => [
      ...batchNormParameters(`${part}/norm${index + 1}`, channels),
      ...batchNormStatistics(`${part}/norm${index + 1}`, channels),
    ]),
  };
}

/** The code of cells: [rows, features] → [rows, latent]. Dense, batch normalisation and ReLU twice, then a linear layer. */
export const encode = (weights: NamedTensors, x: tf.Tensor2D, mode: Mode): tf.Tensor2D =>
  dense(weights, 'encoder/code', hidden(weights, 'encoder', x, mode));

/** Cells from their codes: [rows, latent] → [rows, features]. */
export const decode = (weights: NamedTensors, code: tf.Tensor2D, mode: Mode): tf.Tensor2D =>
  dense(weights, 'decoder/output', hidden(weights, 'decoder', code, mode));

function hidden(weights: NamedTensors, part: string, x: tf.Tensor2D, mode: Mode): tf.Tensor2D {
  return [1, 2].reduce((below, layer) => {
    const sum = beforeNorm(weights, `${part}/dense${layer}`, below);
    return batchNorm(weights, `${part}/norm${layer}`, sum, { ...norm, mode }).relu<tf.Tensor2D>();
  }, x);
}

/**
 * A dense layer below a batch normalisation, which takes whatever its bias adds away again: the bias has a gradient of exactly zero.
 * What floating point leaves of it is rounding, of which Adam would make steps of full size; so it is set to zero.
 */
function beforeNorm(weights: NamedTensors, name: string, x: tf.Tensor2D): tf.Tensor2D {
  const bias = withGradient((whole: tf.Tensor1D) => ({
    value: whole.clone(),
    keep: [],
    backward: (dy) => [tf.zerosLike(dy)],
  }))(weight(weights, `${name}/bias`));
  return product(x, weight(weights, `${name}/kernel`), bias, 'linear');
}
