import type { tf } from '../../../backend/index.js';
import {
  addPositions,
  attentionWeights,
  dense,
  denseParameters,
  inference,
  type Mode,
  type NamedTensors,
  type Parameter,
  positionParameters,
  postNormBlock,
  postNormParameters,
  tokenMean,
} from '../../../layers/index.js';
import type { BloodAutoencoderOptions } from '../config.js';

type TransformerOptions = Pick<
  BloodAutoencoderOptions,
  'latent' | 'tokenWidth' | 'tokenLayers' | 'attentionHeads' | 'feedForward' | 'dropout'
>;

/** Of the blocks' normalisations. */
export const layerEps = 1e-5;

export const transformerParameters = (
  { latent, tokenWidth, tokenLayers, feedForward }: TransformerOptions,
  outputs: number,
): readonly Parameter[] => [
  ...denseParameters('head/token', 1, tokenWidth),
  ...positionParameters('head/positions', latent, tokenWidth),
  ...tokenLayerNames(tokenLayers).flatMap((layer) => postNormParameters(layer, tokenWidth, feedForward)),
  ...denseParameters('head/output', tokenWidth, outputs),
];

/**
 * The code read as a sequence: every latent dimension is a token of its own, made of its one value by the same affine map and told
 * from the others by a learned position, without which attention would see an unordered set of values. Encoder blocks, the mean over
 * tokens, a dense layer: [rows, latent] → [rows, outputs].
 */
export function transformer(
  weights: NamedTensors,
  code: tf.Tensor2D,
  mode: Mode,
  { tokenLayers, attentionHeads: heads, dropout }: TransformerOptions,
): tf.Tensor2D {
  const tokens = tokenLayerNames(tokenLayers).reduce(
    (below, layer) => postNormBlock(weights, layer, below, { eps: layerEps, heads, dropout, mode }),
    tokensOf(weights, code),
  );
  return dense(weights, 'head/output', tokenMean(tokens));
}

/** Who looks at whom in each layer, dropout off: [rows, heads, query, key] each. */
export function transformerAttention(
  weights: NamedTensors,
  code: tf.Tensor2D,
  { tokenLayers, attentionHeads: heads }: TransformerOptions,
): readonly tf.Tensor4D[] {
  let below = tokensOf(weights, code);
  return tokenLayerNames(tokenLayers).map((layer) => {
    const shown = attentionWeights(weights, `${layer}/attention`, below, { heads });
    below = postNormBlock(weights, layer, below, { eps: layerEps, heads, dropout: 0, mode: inference });
    return shown;
  });
}

function tokensOf(weights: NamedTensors, code: tf.Tensor2D): tf.Tensor3D {
  const [rows, latent] = code.shape;
  const tokens = dense(weights, 'head/token', code.as2D(rows * latent, 1));
  return addPositions(weights, 'head/positions', tokens.as3D(rows, latent, tokens.shape[1]));
}

/** Names of the blocks. */
export const tokenLayerNames = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `head/layer${index + 1}`);
