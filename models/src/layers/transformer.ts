import type { tf } from '../backend/index.js';
import { addScaled, gelu } from '../operations/index.js';
import type { AttentionOptions } from './attention.js';
import { attendRows, attentionParameters } from './attention.js';
import { dense, denseParameters } from './dense.js';
import type { Mode } from './dropout.js';
import { dropout } from './dropout.js';
import { constant } from './initialisers.js';
import { layerNorm, layerNormParameters } from './layer-norm.js';
import type { NamedTensors, Parameter } from './parameters.js';
import { weight } from './parameters.js';

export interface BlockOptions extends AttentionOptions {
  readonly eps: number;
  /** Dropout after attention, inside and after the feed-forward part. */
  readonly dropout: number;
  readonly mode: Mode;
}

/** Parameters of a post-LN block of this width and feed-forward width. */
export const postNormParameters = (name: string, width: number, hidden: number): readonly Parameter[] => [
  ...attentionParameters(`${name}/attention`, width),
  ...layerNormParameters(`${name}/norm1`, width),
  ...denseParameters(`${name}/feed1`, width, hidden),
  ...denseParameters(`${name}/feed2`, hidden, width),
  ...layerNormParameters(`${name}/norm2`, width),
];

/** Encoder block as first published (Vaswani et al. 2017): `x = LN(x + A(x)); x = LN(x + F(x))`, F with ReLU. x is [batch, tokens, width]. */
export function postNormBlock(weights: NamedTensors, name: string, x: tf.Tensor3D, options: BlockOptions): tf.Tensor3D {
  const [batch, tokens, width] = x.shape;
  const { eps, mode, dropout: rate } = options;
  const flat = x.as2D(batch * tokens, width);
  const attended = attendRows(weights, `${name}/attention`, flat, { ...options, batch, tokens });
  const first = layerNorm(weights, `${name}/norm1`, flat.add(dropout(attended, rate, mode, `${name}/attention`)), eps);
  const hidden = dropout(dense(weights, `${name}/feed1`, first, 'relu'), rate, mode, `${name}/feed1`);
  const fed = dropout(dense(weights, `${name}/feed2`, hidden), rate, mode, `${name}/feed2`);
  return layerNorm(weights, `${name}/norm2`, first.add(fed), eps).as3D(batch, tokens, width);
}

/** Parameters of a pre-LN block with layer scale, whose gains all start at `scale`. */
export const preNormParameters = (name: string, width: number, hidden: number, scale: number): readonly Parameter[] => [
  ...layerNormParameters(`${name}/norm1`, width),
  ...attentionParameters(`${name}/attention`, width),
  { name: `${name}/scale1`, shape: [width], draw: constant(scale) },
  ...layerNormParameters(`${name}/norm2`, width),
  ...denseParameters(`${name}/feed1`, width, hidden),
  ...denseParameters(`${name}/feed2`, hidden, width),
  { name: `${name}/scale2`, shape: [width], draw: constant(scale) },
];

/**
 * Vision-transformer block (Touvron et al. 2021): `x += γ1 ⊙ A(LN(x)); x += γ2 ⊙ F(LN(x))`, F with exact GELU.
 * x is [batch, tokens, width].
 */
export function preNormBlock(weights: NamedTensors, name: string, x: tf.Tensor3D, options: BlockOptions): tf.Tensor3D {
  const [batch, tokens, width] = x.shape;
  const { eps, mode, dropout: rate } = options;
  const flat = x.as2D(batch * tokens, width);
  const normed = layerNorm(weights, `${name}/norm1`, flat, eps);
  const attended = dropout(
    attendRows(weights, `${name}/attention`, normed, { ...options, batch, tokens }),
    rate,
    mode,
    `${name}/attention`,
  );
  const first = addScaled(flat, attended, weight(weights, `${name}/scale1`));
  const opened = gelu(dense(weights, `${name}/feed1`, layerNorm(weights, `${name}/norm2`, first, eps)));
  const hidden = dropout(opened, rate, mode, `${name}/feed1`);
  const fed = dropout(dense(weights, `${name}/feed2`, hidden), rate, mode, `${name}/feed2`);
  return addScaled(first, fed, weight(weights, `${name}/scale2`)).as3D(batch, tokens, width);
}
