import { tf } from '../../backend/index.js';
import type { Mode, NamedTensors, Parameter } from '../../layers/index.js';
import {
  attentionWeights,
  dense,
  denseParameters,
  layerNorm,
  layerNormParameters,
  normal,
  paddingMask,
  preNormBlock,
  preNormParameters,
  truncatedNormal,
  weight,
  zeros,
} from '../../layers/index.js';
import type { PaddedBags } from '../../training/index.js';

export interface AggregatorShape {
  /** Width of the cells' features. */
  readonly inputs: number;
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  readonly mlpRatio: number;
  readonly layerScale: number;
}

/** Parameters of an aggregator under a name. */
export const aggregatorParameters = (name: string, shape: AggregatorShape): readonly Parameter[] =>
  aggregatorLayers(name, shape).flatMap(({ parameters }) => parameters);

/** The same layer by layer. A patient's token starts next to nothing, so at first all patients look nearly alike. */
export function aggregatorLayers(
  name: string,
  { inputs, width, depth, mlpRatio, layerScale }: AggregatorShape,
): readonly { readonly layer: string; readonly parameters: readonly Parameter[] }[] {
  const blocks = Array.from({ length: depth }, (_, index) => ({
    layer: `${name}/block${index + 1}`,
    parameters: startingSmall(preNormParameters(`${name}/block${index + 1}`, width, mlpRatio * width, layerScale)),
  }));
  return [
    { layer: `${name}/embed`, parameters: startingSmall(denseParameters(`${name}/embed`, inputs, width)) },
    { layer: `${name}/cls`, parameters: [{ name: `${name}/cls`, shape: [width], draw: normal(tokenDeviation) }] },
    { layer: `${name}/mask`, parameters: [{ name: `${name}/mask`, shape: [width], draw: zeros }] },
    ...blocks,
    { layer: `${name}/norm`, parameters: layerNormParameters(`${name}/norm`, width) },
  ];
}

const tokenDeviation = 1e-6;

/** Kernels as vision transformers start them. */
export const startingSmall = (parameters: readonly Parameter[]): readonly Parameter[] =>
  parameters.map((parameter) =>
    parameter.shape.length === 2 ? { ...parameter, draw: truncatedNormal(kernelDeviation) } : parameter,
  );

const kernelDeviation = 0.02;

/** What one pass through an aggregator gives; to be asked for within the same `tf.tidy`. */
export interface Aggregated {
  /** One vector a bag, [bags, width]. */
  readonly patients: tf.Tensor2D;
  /** The vectors of some cells, [places.length, width]; a place is bag · most + index in the padded bags. */
  readonly cells: (places: Int32Array) => tf.Tensor2D;
  /** Who looks at whom in each block, [bags, heads, 1 + most, 1 + most]; the patient's own token comes first. */
  readonly attention: () => readonly tf.Tensor4D[];
}

export interface AggregateOptions extends Pick<AggregatorShape, 'depth' | 'heads'> {
  readonly mode: Mode;
  /** [bags, most]: 1 where the mask token stands in for a cell. */
  readonly masked?: tf.Tensor2D;
}

/**
 * A set transformer over bags of cells: linear embedding, a token of the patient's own before the cells, no positions, pre-LN blocks with
 * layer scale, final normalisation. The patient's vector does not depend on the order of the cells.
 */
export function aggregate(
  weights: NamedTensors,
  name: string,
  { cells, present }: PaddedBags,
  { depth, heads, mode, masked }: AggregateOptions,
): Aggregated {
  const [bags, most, inputs] = cells.shape;
  const embedded = dense(weights, `${name}/embed`, cells.as2D(bags * most, inputs));
  const width = embedded.shape[1];
  const shown =
    masked === undefined ? embedded : masking(embedded, masked.as2D(bags * most, 1), weight(weights, `${name}/mask`));
  const own = weight<tf.Tensor1D>(weights, `${name}/cls`)
    .reshape<tf.Tensor3D>([1, 1, width])
    .tile<tf.Tensor3D>([bags, 1, 1]);
  const tokens = 1 + most;
  const mask = paddingMask(tf.concat([tf.ones<tf.Rank.R2>([bags, 1]), present], 1));

  const inside: tf.Tensor3D[] = [];
  let x = tf.concat([own, shown.as3D(bags, most, width)], 1);
  for (let block = 1; block <= depth; block++) {
    inside.push(x);
    x = preNormBlock(weights, `${name}/block${block}`, x, { heads, mask, eps: normEps, dropout: 0, mode });
  }
  const flat = x.as2D(bags * tokens, width);
  const normed = (places: Int32Array) =>
    layerNorm(weights, `${name}/norm`, flat.gather(tf.tensor1d(places, 'int32')), normEps);
  return {
    patients: normed(Int32Array.from({ length: bags }, (_, bag) => bag * tokens)),
    cells: (places) => normed(places.map((place) => place + Math.floor(place / most) + 1)),
    attention: () =>
      inside.map((before, index) => {
        const block = `${name}/block${index + 1}`;
        const rows = layerNorm(weights, `${block}/norm1`, before.as2D(bags * tokens, width), normEps);
        return attentionWeights(weights, `${block}/attention`, rows.as3D(bags, tokens, width), { heads, mask });
      }),
  };
}

/** Of all normalisations in the aggregator. */
const normEps = 1e-6;

/** @param masked [cells, 1] of 1 and 0 */
const masking = (embedded: tf.Tensor2D, masked: tf.Tensor2D, token: tf.Tensor1D): tf.Tensor2D =>
  embedded.mul(tf.sub(1, masked)).add(masked.mul(token));
