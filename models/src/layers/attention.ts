import { tf } from '../backend/index.js';
import { attention, dense as product, attentionWeights as weightsOf, withGradient } from '../operations/index.js';
import { dense, denseParameters } from './dense.js';
import { drawDropout, type Mode } from './dropout.js';
import { fanInUniform, zeros } from './initialisers.js';
import type { NamedTensors, Parameter } from './parameters.js';
import { weight } from './parameters.js';

/**
 * Parameters of a self-attention of one width: queries, keys and values side by side in `name/qkv`, and the output map
 * `name/output`; 4(d² + d) weights.
 */
export const attentionParameters = (name: string, width: number): readonly Parameter[] => [
  { name: `${name}/qkv/kernel`, shape: [width, 3 * width], draw: fanInUniform },
  { name: `${name}/qkv/bias`, shape: [3 * width], draw: zeros },
  ...denseParameters(`${name}/output`, width, width),
];

export interface AttentionOptions {
  readonly heads: number;
  /** Added to the scores before the softmax; broadcast to [batch, heads, tokens, tokens]. */
  readonly mask?: tf.Tensor | undefined;
  /** Share of the attention weights that is dropped while training (default none). */
  readonly weightDropout?: { readonly rate: number; readonly mode: Mode } | undefined;
}

/**
 * Multi-head self-attention (Vaswani et al. 2017): `softmax(QKᵀ/√(d/h) + mask)·V` per head, head i on columns
 * i·d/h … (i+1)·d/h, heads concatenated and mapped out. x is [batch, tokens, width], and so is the result; heads must divide
 * the width. Queries, keys and values come from one matrix product.
 */
export function selfAttention(
  weights: NamedTensors,
  name: string,
  x: tf.Tensor3D,
  options: AttentionOptions,
): tf.Tensor3D {
  const [batch, tokens, width] = x.shape;
  return attendRows(weights, name, x.as2D(batch * tokens, width), { ...options, batch, tokens }).as3D(
    batch,
    tokens,
    width,
  );
}

/** How the rows of a matrix [batch·tokens, width] fall into sequences. */
export interface Sequences {
  readonly batch: number;
  readonly tokens: number;
}

/** `selfAttention` for tokens that lie as rows: [batch·tokens, width], kept. A chain of layers saves its reshapes so. */
export function attendRows(
  weights: NamedTensors,
  name: string,
  x: tf.Tensor2D,
  { batch, tokens, heads, mask, weightDropout }: AttentionOptions & Sequences,
): tf.Tensor2D {
  const projected = project(weights, name, x);
  const dropout = weightDropout && drawDropout(weightDropout.rate, weightDropout.mode, `${name}/weights`);
  const headWidth = x.shape[1] / heads;
  return dense(weights, `${name}/output`, attention(projected, { batch, tokens, heads, headWidth, mask, dropout }));
}

/**
 * Queries, keys and values side by side: [rows, width] → [rows, 3·width]. A bias of the keys adds the same to all scores of a
 * query, and a softmax does not see that: its gradient is exactly zero. What floating point leaves of it is rounding, of which
 * Adam would make steps of full size, other ones on every backend; so it is set to zero.
 */
function project(weights: NamedTensors, name: string, x: tf.Tensor2D): tf.Tensor2D {
  const width = x.shape[1];
  const bias = withGradient((whole: tf.Tensor1D) => ({
    value: whole.clone(),
    keep: [],
    backward: (dy) => {
      const seen = Float32Array.from({ length: 3 * width }, (_, index) => (Math.floor(index / width) === keys ? 0 : 1));
      return [dy.mul(tf.tensor1d(seen))];
    },
  }))(weight(weights, `${name}/qkv/bias`));
  return product(x, weight(weights, `${name}/qkv/kernel`), bias, 'linear');
}

/** Place of the keys among queries, keys and values. */
const keys = 1;

/** Who looks at whom in `selfAttention`: [batch, heads, query, key], each row summing to 1. */
export function attentionWeights(
  weights: NamedTensors,
  name: string,
  x: tf.Tensor3D,
  { heads, mask }: AttentionOptions,
): tf.Tensor4D {
  const [batch, tokens, width] = x.shape;
  const projected = project(weights, name, x.as2D(batch * tokens, width));
  return weightsOf(projected, { batch, tokens, heads, headWidth: width / heads, mask });
}

/** Parameters of attention over one token: queries and keys cannot matter there, so only values and output remain. */
export const singleTokenAttentionParameters = (name: string, width: number): readonly Parameter[] => [
  ...denseParameters(`${name}/value`, width, width),
  ...denseParameters(`${name}/output`, width, width),
];

/**
 * Self-attention over a single token, [batch, width] → [batch, width]. A softmax over one key is 1 whatever the query, so
 * the block is the affine map `(x·Wv + bv)·Wo + bo`, and the gradient of queries and keys is exactly zero.
 */
export const singleTokenAttention = (weights: NamedTensors, name: string, x: tf.Tensor2D): tf.Tensor2D =>
  dense(weights, `${name}/output`, dense(weights, `${name}/value`, x));

/**
 * Additive mask that hides absent tokens as keys: `present` is [batch, tokens] of 1 and 0; the result is
 * [batch, 1, 1, tokens]. Finite, so a row with no present token stays a number.
 */
export const paddingMask = (present: tf.Tensor2D): tf.Tensor4D =>
  present.sub(1).mul(hidden).reshape<tf.Tensor4D>([present.shape[0], 1, 1, present.shape[1]]);

/** Far below any score, yet finite: −∞ would make a wholly masked row NaN. */
const hidden = 1e9;
