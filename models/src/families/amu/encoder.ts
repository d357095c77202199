import { tf } from '../../backend/index.js';
import {
  attentionWeights,
  batchNorm,
  channelMax,
  dense,
  dropout,
  type Mode,
  type NamedTensors,
  postNormBlock,
  weight,
} from '../../layers/index.js';
import type { AmuOptions } from './config.js';
import { normEps, normMomentum } from './normalisation.js';
import { encoderLayers } from './parameters.js';

/** What one pass through the encoder gives. */
export interface EncoderPass {
  /** [batch, classes] */
  readonly logits: tf.Tensor2D;
  /** Output of the last layer, [batch, genes, width]. */
  readonly encoded: tf.Tensor3D;
  /** The largest score of each gene, [batch, genes]. */
  readonly scores: tf.Tensor2D;
  /** Forms the attention of every layer, [batch, heads, gene, gene] each. Call it within the same `tf.tidy`. */
  readonly attention: () => readonly tf.Tensor4D[];
}

/** Of the layers' normalisations, as published. */
export const layerEps = 1e-5;

/**
 * AMU: a gene's token is its embedding times its expression; layers of attention between genes; some scores of each gene, the largest of
 * which counts; a dense layer that weighs the genes by their places. x is [batch, genes]. Nothing tells a gene's place but its embedding.
 */
export function runEncoder(weights: NamedTensors, options: AmuOptions, x: tf.Tensor2D, mode: Mode): EncoderPass {
  const { heads, width, channels, dropout: rate, headDropout } = options;
  const [batch, genes] = x.shape;
  const names = encoderLayers(options);
  const block = { heads, eps: layerEps, dropout: rate, mode, weightDropout: { rate, mode } };
  const passed: tf.Tensor3D[] = [embed(weights, x)];
  for (const name of names) passed.push(postNormBlock(weights, name, last(passed), block));

  const encoded = last(passed);
  const raw = tf.matMul<tf.Tensor2D>(encoded.as2D(batch * genes, width), weight(weights, 'scores/kernel'));
  const kept = dropout(raw, headDropout, mode, 'scores');
  const normed = batchNorm(weights, 'norm', kept, { eps: normEps, momentum: normMomentum, mode });
  const scores = channelMax(normed.relu().as3D(batch, genes, channels));
  return {
    logits: dense(weights, 'head', dropout(scores, headDropout, mode, 'head')),
    encoded,
    scores,
    attention: () =>
      names.map((name, index) => attentionWeights(weights, `${name}/attention`, at(passed, index), { heads })),
  };
}

/** [batch, genes] → [batch, genes, width]. */
const embed = (weights: NamedTensors, x: tf.Tensor2D): tf.Tensor3D =>
  x.expandDims<tf.Tensor3D>(2).mul(weight(weights, 'embedding'));

const last = (tensors: readonly tf.Tensor3D[]): tf.Tensor3D => at(tensors, tensors.length - 1);

function at(tensors: readonly tf.Tensor3D[], index: number): tf.Tensor3D {
  const tensor = tensors[index];
  if (tensor === undefined) throw new RangeError(`no layer ${index}`);
  return tensor;
}
