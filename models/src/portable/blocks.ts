import { tf } from '../backend/index.js';
import { tensorOf, type Values } from './values.js';

/** What a layer gives, before any sample is known. */
export type Node = tf.SymbolicTensor;

const apply = (layer: tf.layers.Layer, inputs: Node | Node[]): Node => {
  const output = layer.apply(inputs);
  if (output instanceof tf.SymbolicTensor) return output;
  throw new TypeError(`layer ${layer.name} has not one symbolic output`);
};

/** Lengths of all axes but the batch. */
const shapeOf = (x: Node): number[] => x.shape.slice(1).map((length) => length ?? 0);
const widthOf = (x: Node): number => shapeOf(x).at(-1) ?? 1;

const vector = (values: Float32Array): tf.Tensor1D => tf.tensor1d(values);
const filled = (length: number, value: number): tf.Tensor1D => tf.fill([length], value);

export const reshape = (x: Node, ...shape: readonly number[]): Node =>
  apply(tf.layers.reshape({ targetShape: [...shape] }), x);

export const relu = (x: Node): Node => apply(tf.layers.reLU(), x);

export const add = (...nodes: readonly Node[]): Node => apply(tf.layers.add(), [...nodes]);

/** `activation(x·kernel + bias)` over the last axis. */
export function dense(x: Node, values: Values, name: string, activation: 'linear' | 'relu' = 'linear'): Node {
  const bias = tensorOf(values, `${name}/bias`);
  return product(x, name, { kernel: tensorOf(values, `${name}/kernel`), bias, activation });
}

interface Product {
  /** [inputs, outputs], row-major. */
  readonly kernel: Float32Array;
  readonly bias: Float32Array | null;
  readonly activation?: 'linear' | 'relu';
}

export function product(x: Node, name: string, { kernel, bias, activation = 'linear' }: Product): Node {
  const inputs = widthOf(x);
  const units = kernel.length / inputs;
  const weights = [tf.tensor2d(kernel, [inputs, units]), ...(bias ? [vector(bias)] : [])];
  return apply(tf.layers.dense({ name, units, activation, useBias: bias !== null, weights }), x);
}

/** Over the last axis. */
export function layerNormalization(x: Node, values: Values, name: string, epsilon: number): Node {
  const weights = [vector(tensorOf(values, `${name}/gamma`)), vector(tensorOf(values, `${name}/beta`))];
  return apply(tf.layers.layerNormalization({ name, epsilon, weights }), x);
}

/** By its moving averages, over all axes but the last. */
export function batchNormalization(x: Node, values: Values, name: string, epsilon: number): Node {
  const parts = ['gamma', 'beta', 'moving_mean', 'moving_variance'];
  const weights = parts.map((part) => vector(tensorOf(values, `${name}/${part}`)));
  return apply(tf.layers.batchNormalization({ name, epsilon, weights }), x);
}

interface Line {
  readonly scale?: Float32Array;
  readonly shift?: Float32Array;
}

/** `x · scale + shift` over the last axis: a batch normalisation of mean 0 and variance 1. */
export function affine(x: Node, name: string, { scale, shift }: Line): Node {
  const width = widthOf(x);
  const gamma = scale ? vector(scale) : filled(width, 1);
  const beta = shift ? vector(shift) : filled(width, 0);
  const weights = [gamma, beta, filled(width, 0), filled(width, 1)];
  return apply(tf.layers.batchNormalization({ name, epsilon: 0, weights }), x);
}

/** Each value `times` over: [places] → [places, times]. */
export const repeated = (x: Node, times: number): Node =>
  apply(tf.layers.permute({ dims: [2, 1] }), apply(tf.layers.repeatVector({ n: times }), x));

/** A line of its own for every value of a sample: scale and shift have as many values as it, row-major. */
export function placewise(x: Node, name: string, line: Line): Node {
  const shape = shapeOf(x);
  const flat = reshape(
    x,
    shape.reduce((product, length) => product * length, 1),
  );
  return reshape(affine(flat, name, line), ...shape);
}

export const meanOfTokens = (x: Node): Node => apply(tf.layers.globalAveragePooling1d(), x);

/** The largest over the channels: [places, channels] → [places]. */
export const channelsMax = (x: Node): Node =>
  apply(tf.layers.globalMaxPooling1d(), apply(tf.layers.permute({ dims: [2, 1] }), x));

/**
 * Multi-head self-attention over tokens, [tokens, width] → the same, head by head: public layers know no head. The scale `1/√width` of a head
 * is in its queries.
 */
export function attention(x: Node, values: Values, name: string, heads: number): Node {
  const width = widthOf(x);
  const own = width / heads;
  const [kernel, bias] = [tensorOf(values, `${name}/qkv/kernel`), tensorOf(values, `${name}/qkv/bias`)];
  const part = (place: 0 | 1 | 2, head: number, gain: number): Product => {
    const columns = Array.from({ length: own }, (_, column) => place * width + head * own + column);
    return {
      kernel: Float32Array.from({ length: width * own }, (_, at) => {
        const [row, column] = [Math.floor(at / own), columns[at % own] ?? 0];
        return gain * (kernel[row * 3 * width + column] ?? 0);
      }),
      bias: Float32Array.from(columns, (column) => gain * (bias[column] ?? 0)),
    };
  };
  const seen = Array.from({ length: heads }, (_, head) => {
    const at = (role: string) => `${name}/head${head + 1}/${role}`;
    const queries = product(x, at('queries'), part(0, head, 1 / Math.sqrt(own)));
    const keys = product(x, at('keys'), part(1, head, 1));
    const content = product(x, at('values'), part(2, head, 1));
    const scores = apply(tf.layers.dot({ axes: [2, 2] }), [queries, keys]);
    return apply(tf.layers.dot({ axes: [2, 1] }), [apply(tf.layers.softmax({ axis: -1 }), scores), content]);
  });
  const [first] = seen;
  const all = seen.length === 1 && first !== undefined ? first : apply(tf.layers.concatenate({ axis: -1 }), seen);
  return dense(all, values, `${name}/output`);
}

/** An encoder block: `x = LN(x + A(x)); x = LN(x + F(x))`, F with ReLU. */
export function postNorm(
  x: Node,
  values: Values,
  name: string,
  { heads, epsilon }: { readonly heads: number; readonly epsilon: number },
): Node {
  const attended = add(x, attention(x, values, `${name}/attention`, heads));
  const first = layerNormalization(attended, values, `${name}/norm1`, epsilon);
  const hidden = dense(first, values, `${name}/feed1`, 'relu');
  const fed = add(first, dense(hidden, values, `${name}/feed2`));
  return layerNormalization(fed, values, `${name}/norm2`, epsilon);
}

/** 3 × 3, stride 1, `same`; without bias where the files have none. */
export function convolution(x: Node, values: Values, name: string): Node {
  const kernel = tensorOf(values, `${name}/kernel`);
  const inputs = widthOf(x);
  const filters = kernel.length / (inputs * kernelSize ** 2);
  const bias = values.get(`${name}/bias`);
  const weights = [tf.tensor4d(kernel, [kernelSize, kernelSize, inputs, filters]), ...(bias ? [vector(bias)] : [])];
  const layer = { name, filters, kernelSize, padding: 'same' as const, useBias: bias !== undefined, weights };
  return apply(tf.layers.conv2d(layer), x);
}

const kernelSize = 3;

/** The largest of each 2 × 2 square. */
export const pool = (x: Node): Node => apply(tf.layers.maxPooling2d({ poolSize: 2, strides: 2, padding: 'valid' }), x);

/** Groups of neighbouring channels, each normalised over all its pixels, as a layer normalisation of each group; then a line a channel. */
export function groupNormalization(
  x: Node,
  values: Values,
  name: string,
  { groupChannels, epsilon }: { readonly groupChannels: number; readonly epsilon: number },
): Node {
  const [height = 1, width = 1, channels = 1] = shapeOf(x);
  const [pixels, groups] = [height * width, channels / groupChannels];
  const swap = (node: Node): Node => apply(tf.layers.permute({ dims: [2, 1, 3] }), node);
  const grouped = reshape(swap(reshape(x, pixels, groups, groupChannels)), groups, pixels * groupChannels);
  const even = apply(
    tf.layers.layerNormalization({ name: `${name}/groups`, epsilon, center: false, scale: false }),
    grouped,
  );
  const back = reshape(swap(reshape(even, groups, pixels, groupChannels)), height, width, channels);
  return affine(back, name, { scale: tensorOf(values, `${name}/gamma`), shift: tensorOf(values, `${name}/beta`) });
}
