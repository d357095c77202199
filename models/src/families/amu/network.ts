import { tf } from '../../backend/index.js';
import type { Mode, NamedTensors } from '../../layers/index.js';
import { crossEntropy } from '../../losses/index.js';
import { classifier, type Model, onlyStage, openModel, rowsFeed } from '../../training/index.js';
import type { AmuOptions } from './config.js';
import { runConvolution } from './convolution.js';
import { runEncoder } from './encoder.js';
import { amuParameters, type Shape } from './parameters.js';

/** What one pass through either network gives. */
export interface Pass {
  /** [batch, classes] */
  readonly logits: tf.Tensor2D;
  /** Forms the attention of every layer, [batch, heads, gene, gene] each; none of the baseline. Call it within the same `tf.tidy`. */
  readonly attention: () => readonly tf.Tensor4D[];
}

/** A model of this family: its whole pass can be looked into. */
export interface AmuModel extends Model {
  readonly pass: (x: tf.Tensor2D, mode: Mode) => Pass;
}

/** Builds the model with starting weights drawn from the seed. `dispose` frees its variables. */
export function buildAmu(shape: Shape & { readonly seed: number }): AmuModel {
  const { classes, options, seed } = shape;
  return openModel({
    family: 'amu',
    preset: options.preset,
    stage: onlyStage,
    parameters: amuParameters(shape),
    seed,
    network: (weights) => {
      const pass = (x: tf.Tensor2D, mode: Mode) => runAmu(weights, options, x, mode);
      const logits = (x: tf.Tensor2D, mode: Mode) => pass(x, mode).logits;
      const loss = options.doubleSoftmax ? doubleSoftmaxLoss : crossEntropy;
      return { classes, pass, ...classifier({ feed: rowsFeed, logits, loss, classes }) };
    },
  });
}

function runAmu(weights: NamedTensors, options: AmuOptions, x: tf.Tensor2D, mode: Mode): Pass {
  switch (options.network) {
    case 'encoder':
      return runEncoder(weights, options, x, mode);
    case 'convolution':
      return { logits: runConvolution(weights, x, mode), attention: () => [] };
    default:
      throw new TypeError(`unknown network ${options.network satisfies never}`);
  }
}

/** Cross-entropy of the probabilities as if they were logits: what the published training minimises. */
export const doubleSoftmaxLoss = (logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar =>
  crossEntropy(tf.softmax(logits), targets);
