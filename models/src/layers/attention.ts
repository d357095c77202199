import { tf } from '../backend/index.js';
import { dense as product, softmaxGradient, withGradient } from '../operations/index.js';
import { dense, denseParameters } from './dense.js';
import { drawMask, type Mode } from './dropout.js';
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
  { heads, mask, weightDropout }: AttentionOptions,
): tf.Tensor3D {
  const [batch, tokens, width] = x.shape;
  const projected = project(weights, name, x.as2D(batch * tokens, width));
  const kept =
    weightDropout === undefined
      ? null
      : drawMask([batch * heads, tokens, tokens], weightDropout.rate, weightDropout.mode, `${name}/weights`);
  const merged = attend(projected, { batch, tokens, heads, headWidth: width / heads, mask, kept });
  return dense(weights, `${name}/output`, merged).as3D(batch, tokens, width);
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
  const layout = { batch, tokens, heads, headWidth: width / heads, mask, kept: null };
  const [queries, allKeys] = splitHeads(project(weights, name, x.as2D(batch * tokens, width)), layout);
  return softmaxScores(queries, allKeys, layout).reshape([batch, heads, tokens, tokens]);
}

interface HeadLayout {
  readonly batch: number;
  readonly tokens: number;
  readonly heads: number;
  readonly headWidth: number;
  readonly mask: tf.Tensor | undefined;
  /** Dropout mask of the weights, [batch·heads, tokens, tokens]. */
  readonly kept: tf.Tensor | null;
}

/**
 * The heads' part of attention: queries, keys and values [batch·tokens, 3·width] → [batch·tokens, width].
 * Gradient with P the weights, M their dropout mask and O = (P ⊙ M)·V: `dV = (P ⊙ M)ᵀ·dO`, `dS = P ⊙ (dP − Σ_key dP ⊙ P)` where
 * `dP = (dO·Vᵀ) ⊙ M`, and `dQ = dS·K/√(d/h)`, `dK = dSᵀ·Q/√(d/h)`.
 */
function attend(projected: tf.Tensor2D, layout: HeadLayout): tf.Tensor2D {
  const operation = withGradient((input: tf.Tensor2D) => {
    const [queries, keys, values] = splitHeads(input, layout);
    const { kept } = layout;
    const attention = softmaxScores(queries, keys, layout);
    const dropped = kept === null ? attention : attention.mul<tf.Tensor3D>(kept);
    return {
      value: joinHeads(tf.matMul(dropped, values), layout),
      keep: [queries, keys, values, attention, ...(kept === null ? [] : [dropped, kept])],
      backward: (dy, saved) => {
        const [q, k, v, p, weights = p, mask] = saved as unknown as Kept;
        const output = separateHeads(dy, layout);
        const slope = tf.matMul(output, v, false, true);
        const ds = softmaxGradient(mask === undefined ? slope : slope.mul<tf.Tensor3D>(mask), p, scaleOf(layout));
        return [joinProjections([tf.matMul(ds, k), tf.matMul(ds, q, true), tf.matMul(weights, output, true)], layout)];
      },
    };
  });
  return operation(projected);
}

type Kept = readonly [
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  p: tf.Tensor3D,
  dropped?: tf.Tensor3D,
  kept?: tf.Tensor3D,
];

const scaleOf = ({ headWidth }: HeadLayout) => 1 / Math.sqrt(headWidth);

/** `softmax(QKᵀ/√(d/h) + mask)`: [batch·heads, tokens, tokens]. */
function softmaxScores(queries: tf.Tensor3D, keys: tf.Tensor3D, layout: HeadLayout): tf.Tensor3D {
  const { batch, tokens, heads, mask } = layout;
  const scores = tf.matMul<tf.Tensor3D>(queries.mul<tf.Tensor3D>(scaleOf(layout)), keys, false, true);
  if (mask === undefined) return tf.softmax<tf.Tensor3D>(scores);
  const masked = scores.reshape([batch, heads, tokens, tokens]).add(mask);
  return tf.softmax<tf.Tensor3D>(masked.reshape([batch * heads, tokens, tokens]));
}

/** [batch·tokens, 3·width] → queries, keys and values, [batch·heads, tokens, headWidth] each. */
function splitHeads(projected: tf.Tensor2D, { batch, tokens, heads, headWidth }: HeadLayout): ThreeTensors {
  const parts = projected
    .reshape([batch, tokens, 3, heads, headWidth])
    .transpose([2, 0, 3, 1, 4])
    .reshape<tf.Tensor3D>([3 * batch * heads, tokens, headWidth]);
  const [queries, keys, values] = tf.split<tf.Tensor3D>(parts, 3, 0);
  if (!queries || !keys || !values) throw new RangeError('a split in three gave fewer parts');
  return [queries, keys, values];
}

type ThreeTensors = [queries: tf.Tensor3D, keys: tf.Tensor3D, values: tf.Tensor3D];

/** The inverse of `splitHeads`. */
const joinProjections = (parts: ThreeTensors, { batch, tokens, heads, headWidth }: HeadLayout): tf.Tensor2D =>
  tf
    .concat(parts, 0)
    .reshape([3, batch, heads, tokens, headWidth])
    .transpose([1, 3, 0, 2, 4])
    .reshape([batch * tokens, 3 * heads * headWidth]);

/** [batch·heads, tokens, headWidth] → [batch·tokens, width]. */
const joinHeads = (x: tf.Tensor3D, { batch, tokens, heads, headWidth }: HeadLayout): tf.Tensor2D =>
  x
    .reshape([batch, heads, tokens, headWidth])
    .transpose([0, 2, 1, 3])
    .reshape([batch * tokens, heads * headWidth]);

/** The inverse of `joinHeads`. */
const separateHeads = (x: tf.Tensor2D, { batch, tokens, heads, headWidth }: HeadLayout): tf.Tensor3D =>
  x
    .reshape([batch, tokens, heads, headWidth])
    .transpose([0, 2, 1, 3])
    .reshape([batch * heads, tokens, headWidth]);

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
