import { setImmediate as nextTurn } from 'node:timers/promises';
import { tf } from '../backend/index.js';
import { permutation, type Random } from '../layers/index.js';

export interface ShapleyOptions {
  /** The scalar to explain for each row, as [rows]. No row may depend on those beside it. */
  readonly output: (x: tf.Tensor2D) => tf.Tensor1D;
  /** One input, [features]. */
  readonly x: Float32Array;
  /** Inputs that stand for "not known", row-major [rows, features]: some of the training rows. */
  readonly background: Float32Array;
  /** Orders of the features to go through, at least; as many more as it takes to serve every background row alike. */
  readonly permutations?: number;
  readonly random: Random;
  /** Inputs that go through the network at once. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
}

export interface ShapleyValues {
  /** Each feature's share of the output's change, [features]. */
  readonly values: Float32Array;
  /** `f(x)` less the mean of f over the background. */
  readonly change: number;
  /** `|Σ values − change|`: the sum is exact at any number of permutations, so more than rounding is a fault of the output. */
  readonly residual: number;
  /** Orders gone through. */
  readonly permutations: number;
}

/**
 * Shapley values by sampled permutations (Štrumbelj & Kononenko 2014), interventional: a feature that is not known has the value of a
 * background row. From such a row the features are set to those of x one after another in a random order, and each is given the change
 * that it brings. Each order is gone through forwards and backwards, which takes much of the noise away (Mitchell et al. 2022).
 * An abort throws the signal's reason.
 */
export async function sampledShapley({
  output,
  x,
  background,
  permutations = defaultPermutations,
  random,
  batchSize = defaultBatchSize,
  signal,
}: ShapleyOptions): Promise<ShapleyValues> {
  const features = x.length;
  const rows = background.length / features;
  if (!Number.isInteger(rows) || rows === 0)
    throw new RangeError(`${background.length} values for ${features} features`);
  const run = async (inputs: Float32Array): Promise<Float32Array> => {
    signal?.throwIfAborted();
    const outputs = await evaluate(output, inputs, features, batchSize);
    await nextTurn();
    return outputs;
  };
  const [atInput = Number.NaN] = await run(x);
  const atBackground = await run(background);
  const change = atInput - sumOf(atBackground) / rows;

  const orders = Math.ceil(permutations / (2 * rows));
  const sums = new Float64Array(features);
  for (let row = 0; row < rows; row++) {
    const start = background.subarray(row * features, (row + 1) * features);
    for (let count = 0; count < orders; count++) {
      const order = permutation(features, random);
      for (const way of [order, order.toReversed()]) {
        const outputs = await run(walk(start, x, way));
        way.forEach((feature, step) => {
          sums[feature]! += outputs[step + 1]! - outputs[step]!;
        });
      }
    }
  }
  const walks = 2 * orders * rows;
  const values = Float32Array.from(sums, (sum) => sum / walks);
  return { values, change, residual: Math.abs(sumOf(sums) / walks - change), permutations: walks };
}

const defaultPermutations = 200;
const defaultBatchSize = 256;

/** The inputs from `start` to `end` with one feature more set at each step, row-major [features + 1, features]. */
function walk(start: Float32Array, end: Float32Array, order: Int32Array): Float32Array {
  const features = start.length;
  const inputs = new Float32Array((features + 1) * features);
  inputs.set(start);
  order.forEach((feature, step) => {
    const next = (step + 1) * features;
    inputs.copyWithin(next, step * features, next);
    inputs[next + feature] = end[feature]!;
  });
  return inputs;
}

async function evaluate(
  output: ShapleyOptions['output'],
  inputs: Float32Array,
  features: number,
  batchSize: number,
): Promise<Float32Array> {
  const rows = inputs.length / features;
  const outputs = new Float32Array(rows);
  for (let start = 0; start < rows; start += batchSize) {
    const end = Math.min(start + batchSize, rows);
    const batch = tf.tidy(() =>
      output(tf.tensor2d(inputs.slice(start * features, end * features), [end - start, features])),
    );
    outputs.set(await batch.data(), start);
    batch.dispose();
  }
  return outputs;
}

function sumOf(values: Float32Array | Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
