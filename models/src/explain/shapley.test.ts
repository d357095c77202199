import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { stream } from '../layers/index.js';
import { numberBackends } from '../testing/index.js';
import fixture from './attribution.fixture.json' with { type: 'json' };
import { sampledShapley } from './index.js';

const backends = await numberBackends();

const { W1, b1, w2, b2 } = fixture.network;
const network = (x: tf.Tensor2D): tf.Tensor1D =>
  x.matMul(tf.tensor2d(W1)).add(b1).tanh().mul(w2).sum(1).add<tf.Tensor1D>(b2);
const x = Float32Array.from(fixture.x);
const background = Float32Array.from(fixture.shapley.background.flat());
const sumOf = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0);

describe.each(backends)('sampledShapley on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('gives the worked example: two features have two orders, and both are gone through', async () => {
    const { values, change, residual } = await sampledShapley({ output: network, x, background, random: stream(1) });
    fixture.shapley.values.forEach((wanted, feature) => {
      expect(values[feature]).toBeCloseTo(wanted, 5);
    });
    expect(change).toBeCloseTo(fixture.shapley.sum, 5);
    expect(residual).toBeLessThan(1e-5);
  });

  const features = 7;
  const start = stream(4, 'example');
  const many = Float32Array.from({ length: features }, () => start.normal());
  const rows = Float32Array.from({ length: 3 * features }, () => start.normal());
  const slopes = Float32Array.from({ length: features }, (_, index) => index - 2);
  /** A sum of the features and a product of the first two. */
  const interaction = (input: tf.Tensor2D): tf.Tensor1D =>
    input
      .mul(tf.tensor1d(slopes))
      .sum(1)
      .add<tf.Tensor1D>(tf.prod(input.slice([0, 0], [-1, 2]), 1));

  it('adds up to the change, at any number of permutations and in batches of any size', async () => {
    for (const [permutations, batchSize] of [
      [1, 3],
      [20, 256],
    ] as const) {
      const explained = { output: interaction, x: many, background: rows, random: stream(2), permutations, batchSize };
      const { values, change, residual, permutations: done } = await sampledShapley(explained);
      expect(done).toBe(Math.ceil(permutations / 6) * 6);
      expect(sumOf(values)).toBeCloseTo(change, 4);
      expect(residual).toBeLessThan(1e-4);
    }
  });

  it('gives a feature that only adds its own part, whatever the order', async () => {
    const { values } = await sampledShapley({
      output: interaction,
      x: many,
      background: rows,
      random: stream(3),
      permutations: 6,
    });
    for (let feature = 2; feature < features; feature++) {
      const mean = (rows[feature]! + rows[features + feature]! + rows[2 * features + feature]!) / 3;
      expect(values[feature]).toBeCloseTo(slopes[feature]! * (many[feature]! - mean), 4);
    }
  });

  it('shows by its residual that rows depend on the rows beside them', async () => {
    const ofBatch = (input: tf.Tensor2D) => {
      const { mean, variance } = tf.moments(input, 0);
      return network(input.sub(mean).div(variance.add(0.1).sqrt()));
    };
    const { residual, change } = await sampledShapley({ output: ofBatch, x, background, random: stream(1) });
    expect(residual).toBeGreaterThan(0.01 * Math.abs(change));
  });

  it('follows from its random numbers, and leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    const run = (seed: number) =>
      sampledShapley({ output: interaction, x: many, background: rows, random: stream(seed), permutations: 1 });
    expect(await run(5)).toEqual(await run(5));
    expect((await run(5)).values).not.toEqual((await run(6)).values);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('stops when aborted', async () => {
    const controller = new AbortController();
    let calls = 0;
    const output = (input: tf.Tensor2D) => {
      if (++calls === 4) controller.abort(new Error('enough'));
      return network(input);
    };
    const call = sampledShapley({ output, x, background, random: stream(1), signal: controller.signal });
    await expect(call).rejects.toThrow('enough');
    expect(calls).toBe(4);
  });

  it('refuses a background of other features, and none', async () => {
    const call = (values: number) =>
      sampledShapley({ output: network, x, background: new Float32Array(values), random: stream(1) });
    await expect(call(3)).rejects.toThrow(RangeError);
    await expect(call(0)).rejects.toThrow(RangeError);
  });
});
