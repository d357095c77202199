import { sample, tf } from '../backend/index.js';
import {
  drawWeights,
  inference,
  type NamedTensors,
  type Parameter,
  postNormBlock,
  postNormParameters,
  preNormBlock,
  preNormParameters,
} from '../layers/index.js';
import { type ConformanceCase, operationCase } from './case.js';

const [batch, places, width] = [2, 6, 8];
const blockOptions = { heads: 2, eps: 1e-5, dropout: 0, mode: inference };
const pre = preNormParameters('block', width, 2 * width, 0.5);
const post = postNormParameters('block', width, 2 * width);

/** Inputs of a block: tokens, then every weight as drawn. */
function blockInputs(parameters: readonly Parameter[]): tf.Tensor[] {
  const values = drawWeights(parameters, 3);
  let offset = 0;
  const weights = parameters.map(({ shape }) => {
    const size = tf.util.sizeFromShape([...shape]);
    offset += size;
    return tf.tensor(values.slice(offset - size, offset), [...shape]);
  });
  return [sample([batch, places, width], 1), ...weights];
}

const named = (parameters: readonly Parameter[], tensors: readonly tf.Tensor[]): NamedTensors =>
  Object.fromEntries(parameters.flatMap(({ name }, index) => (tensors[index] ? [[name, tensors[index]]] : [])));

const as3 = (x: tf.Tensor | undefined): tf.Tensor3D => tf.reshape(x ?? [], [batch, places, width]);

export const attention: readonly ConformanceCase[] = [
  operationCase('attention', {
    name: 'softmax over keys',
    inputs: () => [tf.mul(sample([3, 4, 9], 1), 5)],
    operation: (x) => tf.softmax(x),
  }),
  operationCase('attention', {
    name: 'over heads, from plain operations',
    inputs: () => [sample([2, 4, 6, 8], 1), sample([2, 4, 6, 8], 2), sample([2, 4, 6, 8], 3)],
    operation: (q, k, v) => tf.matMul(tf.softmax(tf.mul(tf.matMul(q, k, false, true), 0.35)), v),
  }),
  operationCase('attention', {
    name: 'transformer block, normalised before',
    inputs: () => blockInputs(pre),
    operation: (x, ...weights) => preNormBlock(named(pre, weights), 'block', as3(x), blockOptions),
  }),
  operationCase('attention', {
    name: 'transformer block, normalised after',
    inputs: () => blockInputs(post),
    operation: (x, ...weights) => postNormBlock(named(post, weights), 'block', as3(x), blockOptions),
  }),
];
