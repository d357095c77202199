import type { tf } from '../../backend/index.js';
import type { Mode, NamedTensors } from '../../layers/index.js';
import { attendRows, attentionWeights, dense, dropout, layerNorm, singleTokenAttention } from '../../layers/index.js';
import { classifier, type Model, onlyStage, openModel, rowsFeed } from '../../training/index.js';
import type { AttentionAmlOptions } from './config.js';
import type { Shape } from './parameters.js';
import { attentionAmlParameters } from './parameters.js';

/** What one pass through the network gives. */
export interface Pass {
  /** [batch, classes] */
  readonly logits: tf.Tensor2D;
  /** Output of the first normalisation, [batch, width1]. */
  readonly embedding1: tf.Tensor2D;
  /** Output of the last normalisation, [batch, width2]: the patient's place on a t-SNE or UMAP map. */
  readonly embedding: tf.Tensor2D;
  /** Forms the attention of both blocks, [batch, heads, query, key] each; none in `singleToken` mode. Call it within the same `tf.tidy`. */
  readonly attention: () => readonly tf.Tensor4D[];
}

/** A model of this family: its whole pass can be looked into. */
export interface AttentionAmlModel extends Model {
  readonly pass: (x: tf.Tensor2D, mode: Mode) => Pass;
}

/** Of both normalisations, as published. */
export const normEps = 1e-5;

/** Builds the model with starting weights drawn from the seed. `dispose` frees its variables. */
export function buildAttentionAml(shape: Shape & { readonly seed: number }): AttentionAmlModel {
  return openModel({
    family: 'attention-aml',
    preset: shape.options.preset,
    stage: onlyStage,
    parameters: attentionAmlParameters(shape),
    seed: shape.seed,
    network: (weights) => {
      const pass = (x: tf.Tensor2D, mode: Mode) => runAttentionAml(weights, shape.options, x, mode);
      const { classes } = shape;
      const logits = (x: tf.Tensor2D, mode: Mode) => pass(x, mode).logits;
      return { classes, pass, ...classifier({ feed: rowsFeed, logits, classes }) };
    },
  });
}

/**
 * AttentionAML: dense–ReLU, attention with residual and normalisation, twice, then a dense head. x is [batch, features].
 * In `featureTokens` mode a hidden layer is read as tokens × token width, row-major.
 */
export function runAttentionAml(weights: NamedTensors, options: AttentionAmlOptions, x: tf.Tensor2D, mode: Mode): Pass {
  const { width1, width2, tokens1, tokens2, heads1, heads2, attentionMode } = options;
  const hidden1 = dense(weights, 'dense1', x, 'relu');
  const first = attend(weights, 1, hidden1, { mode: attentionMode, width: width1, tokens: tokens1, heads: heads1 });
  const between = dropout(first.output, options.dropout, mode, 'norm1');
  const hidden2 = dense(weights, 'dense2', between, 'relu');
  const second = attend(weights, 2, hidden2, { mode: attentionMode, width: width2, tokens: tokens2, heads: heads2 });
  return {
    logits: dense(weights, 'head', dropout(second.output, options.dropout, mode, 'norm2')),
    embedding1: first.output,
    embedding: second.output,
    attention: () => [...first.attention(), ...second.attention()],
  };
}

interface Block {
  readonly mode: AttentionAmlOptions['attentionMode'];
  readonly width: number;
  readonly tokens: number;
  readonly heads: number;
}

/** `LN(x + attention(x))` of a block: [batch, width] → [batch, width]. */
function attend(
  weights: NamedTensors,
  block: 1 | 2,
  x: tf.Tensor2D,
  { mode, width, tokens, heads }: Block,
): { readonly output: tf.Tensor2D; readonly attention: Pass['attention'] } {
  const batch = x.shape[0];
  switch (mode) {
    case 'featureTokens': {
      const tokenWidth = width / tokens;
      const rows = x.as2D(batch * tokens, tokenWidth);
      const sum = rows.add<tf.Tensor2D>(attendRows(weights, `attention${block}`, rows, { batch, tokens, heads }));
      const attention = () =>
        attentionWeights(weights, `attention${block}`, x.as3D(batch, tokens, tokenWidth), { heads });
      return {
        output: layerNorm(weights, `norm${block}`, sum, normEps).as2D(batch, width),
        attention: () => [attention()],
      };
    }
    case 'singleToken': {
      const sum = x.add<tf.Tensor2D>(singleTokenAttention(weights, `attention${block}`, x));
      return { output: layerNorm(weights, `norm${block}`, sum, normEps), attention: () => [] };
    }
    default:
      throw new TypeError(`unknown attention mode ${mode satisfies never}`);
  }
}
