import { fusedKernel, namedSaved, output, tf } from '../backend/index.js';
import { dropoutMask } from './dropout-mask.js';
import { withGradient } from './hand-written-gradient.js';
import { softmaxGradient } from './softmax-gradient.js';

/** How rows of projections fall into heads, and what is done to the attention weights. */
export interface AttentionHeads {
  readonly batch: number;
  readonly tokens: number;
  readonly heads: number;
  readonly headWidth: number;
  /** Added to the scores before the softmax; broadcast to [batch, heads, tokens, tokens]. */
  readonly mask?: tf.Tensor | undefined;
  /** Dropout of the attention weights, as `dropoutMask` draws it for [batch·heads, tokens, tokens]. */
  readonly dropout?: { readonly rate: number; readonly seed: readonly [number, number] } | undefined;
}

/**
 * The heads' part of attention: queries, keys and values [batch·tokens, 3·width] → [batch·tokens, width].
 * Gradient with P the weights, M their dropout mask and O = (P ⊙ M)·V: `dV = (P ⊙ M)ᵀ·dO`, `dS = P ⊙ (dP − Σ_key dP ⊙ P)` where
 * `dP = (dO·Vᵀ) ⊙ M`, and `dQ = dS·K/√(d/h)`, `dK = dSᵀ·Q/√(d/h)`.
 */
export function attention(projected: tf.Tensor2D, layout: AttentionHeads): tf.Tensor2D {
  const forward = fusedKernel('Attention');
  const backward = fusedKernel('AttentionGradient');
  const { mask, dropout = null, ...heads } = layout;
  if (forward === null || backward === null || mask !== undefined) return plain(layout)(projected);
  const attributes = { ...heads, dropout };
  return withGradient((input: tf.Tensor2D) => {
    const outputs = forward({ projected: input }, attributes);
    return {
      value: output<tf.Tensor2D>(outputs, 0),
      keep: outputs,
      backward: (dy, kept) => [
        output(backward({ dy, y: output(kept, 0), ...namedSaved(kept.slice(1)) }, attributes), 0),
      ],
    };
  })(projected);
}

const plain = (layout: AttentionHeads) =>
  withGradient((input: tf.Tensor2D) => {
    const [queries, keys, values] = splitHeads(input, layout);
    const { batch, tokens, heads, dropout } = layout;
    const kept =
      dropout === undefined ? null : dropoutMask([batch * heads, tokens, tokens], dropout.rate, dropout.seed);
    const weights = softmaxScores(queries, keys, layout);
    const dropped = kept === null ? weights : weights.mul<tf.Tensor3D>(kept);
    return {
      value: joinHeads(tf.matMul(dropped, values), layout),
      keep: [queries, keys, values, weights, ...(kept === null ? [] : [dropped, kept])],
      backward: (dy, saved) => {
        const [q, k, v, p, used = p, drop] = saved as unknown as Kept;
        const slopes = separateHeads(dy, layout);
        const dp = tf.matMul(slopes, v, false, true);
        const ds = softmaxGradient(drop === undefined ? dp : dp.mul<tf.Tensor3D>(drop), p, scaleOf(layout));
        return [joinProjections([tf.matMul(ds, k), tf.matMul(ds, q, true), tf.matMul(used, slopes, true)], layout)];
      },
    };
  });

type Kept = readonly [
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  v: tf.Tensor3D,
  p: tf.Tensor3D,
  dropped?: tf.Tensor3D,
  kept?: tf.Tensor3D,
];

const scaleOf = ({ headWidth }: AttentionHeads) => 1 / Math.sqrt(headWidth);

/** Who looks at whom: queries, keys and values [batch·tokens, 3·width] → [batch, heads, query, key], each row summing to 1. */
export function attentionWeights(projected: tf.Tensor2D, layout: AttentionHeads): tf.Tensor4D {
  const { batch, tokens, heads } = layout;
  const [queries, keys] = splitHeads(projected, layout);
  return softmaxScores(queries, keys, layout).reshape([batch, heads, tokens, tokens]);
}

/** `softmax(QKᵀ/√(d/h) + mask)`: [batch·heads, tokens, tokens]. */
function softmaxScores(queries: tf.Tensor3D, keys: tf.Tensor3D, layout: AttentionHeads): tf.Tensor3D {
  const { batch, tokens, heads, mask } = layout;
  const scores = tf.matMul<tf.Tensor3D>(queries.mul<tf.Tensor3D>(scaleOf(layout)), keys, false, true);
  if (mask === undefined) return tf.softmax<tf.Tensor3D>(scores);
  const masked = scores.reshape([batch, heads, tokens, tokens]).add(mask);
  return tf.softmax<tf.Tensor3D>(masked.reshape([batch * heads, tokens, tokens]));
}
/** [batch·tokens, 3·width] → queries, keys and values, [batch·heads, tokens, headWidth] each. */
function splitHeads(projected: tf.Tensor2D, { batch, tokens, heads, headWidth }: AttentionHeads): ThreeTensors {
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
const joinProjections = (parts: ThreeTensors, { batch, tokens, heads, headWidth }: AttentionHeads): tf.Tensor2D =>
  tf
    .concat(parts, 0)
    .reshape([3, batch, heads, tokens, headWidth])
    .transpose([1, 3, 0, 2, 4])
    .reshape([batch * tokens, 3 * heads * headWidth]);

/** [batch·heads, tokens, headWidth] → [batch·tokens, width]. */
const joinHeads = (x: tf.Tensor3D, { batch, tokens, heads, headWidth }: AttentionHeads): tf.Tensor2D =>
  x
    .reshape([batch, heads, tokens, headWidth])
    .transpose([0, 2, 1, 3])
    .reshape([batch * tokens, heads * headWidth]);

/** The inverse of `joinHeads`. */
const separateHeads = (x: tf.Tensor2D, { batch, tokens, heads, headWidth }: AttentionHeads): tf.Tensor3D =>
  x
    .reshape([batch, tokens, heads, headWidth])
    .transpose([0, 2, 1, 3])
    .reshape([batch * heads, tokens, headWidth]);
