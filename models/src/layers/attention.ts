import { tf } from '../backend/index.js';
import { dense, denseParameters } from './dense.js';
import { glorotUniform, zeros } from './initialisers.js';
import type { NamedTensors, Parameter } from './parameters.js';

/**
 * Parameters of a self-attention of one width: queries, keys and values side by side in `name/qkv`, and the output map
 * `name/output`; 4(d² + d) weights.
 */
export const attentionParameters = (name: string, width: number): readonly Parameter[] => [
  { name: `${name}/qkv/kernel`, shape: [width, 3 * width], draw: glorotUniform(3) },
  { name: `${name}/qkv/bias`, shape: [3 * width], draw: zeros },
  ...denseParameters(`${name}/output`, width, width),
];

export interface AttentionOptions {
  readonly heads: number;
  /** Added to the scores before the softmax; broadcast to [batch, heads, tokens, tokens]. */
  readonly mask?: tf.Tensor | undefined;
}

export interface Attended {
  /** [batch, tokens, width] */
  readonly output: tf.Tensor3D;
  /** Who looked at whom: [batch, heads, query, key], each row sums to 1. */
  readonly weights: tf.Tensor4D;
}

/**
 * Multi-head self-attention (Vaswani et al. 2017): `softmax(QKᵀ/√(d/h) + mask)·V` per head, head i on columns
 * i·d/h … (i+1)·d/h, heads concatenated and mapped out. x is [batch, tokens, width]; heads must divide the width.
 * Queries, keys and values come from one matrix product.
 */
export function selfAttention(
  weights: NamedTensors,
  name: string,
  x: tf.Tensor3D,
  { heads, mask }: AttentionOptions,
): Attended {
  const [batch, tokens, width] = x.shape;
  const headWidth = width / heads;
  const rows = batch * tokens;
  const projected = dense(weights, `${name}/qkv`, x.as2D(rows, width))
    .reshape([batch, tokens, 3, heads, headWidth])
    .transpose([2, 0, 3, 1, 4])
    .reshape<tf.Tensor3D>([3 * batch * heads, tokens, headWidth]);
  const [queries, keys, values] = tf.split(projected, 3, 0) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
  const scores = tf
    .matMul(queries.mul(1 / Math.sqrt(headWidth)), keys, false, true)
    .reshape<tf.Tensor4D>([batch, heads, tokens, tokens]);
  const attention = tf.softmax(mask === undefined ? scores : scores.add<tf.Tensor4D>(mask));
  const merged = tf
    .matMul(attention.reshape<tf.Tensor3D>([batch * heads, tokens, tokens]), values)
    .reshape<tf.Tensor4D>([batch, heads, tokens, headWidth])
    .transpose([0, 2, 1, 3])
    .as2D(rows, width);
  return { output: dense(weights, `${name}/output`, merged).as3D(batch, tokens, width), weights: attention };
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
