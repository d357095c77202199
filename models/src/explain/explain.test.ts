import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { numberBackends } from '../testing/index.js';
import fixture from './attribution.fixture.json' with { type: 'json' };
import { attentionRollout, integratedGradients } from './index.js';

const backends = await numberBackends();

const { W1, b1, w2, b2 } = fixture.network;
const network = (x: tf.Tensor2D): tf.Tensor1D =>
  x.matMul(tf.tensor2d(W1)).add(b1).tanh().mul(w2).sum(1).add<tf.Tensor1D>(b2);

const x = Float32Array.from(fixture.x);
const expectClose = (values: Float32Array, wanted: readonly number[], digits: number) => {
  wanted.forEach((value, index) => {
    expect(values[index]).toBeCloseTo(value, digits);
  });
};

describe.each(backends)('integratedGradients on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('gives the worked example', async () => {
    const { values, change, residual, steps } = await integratedGradients({ output: network, x });
    expectClose(values, fixture.integratedGradientsMidpoint50, 5);
    expect(change).toBeCloseTo(fixture.fX - fixture.fBaseline, 5);
    expect(residual).toBeLessThan(1e-4);
    expect(steps).toBe(50);
  });

  it('takes the given number of steps', async () => {
    const { values } = await integratedGradients({ output: network, x, steps: 20 });
    expectClose(values, fixture.integratedGradientsMidpoint20, 5);
  });

  it('refines the path until the attribution is complete', async () => {
    const steep = (input: tf.Tensor2D) => network(input.mul(10));
    const { steps, residual, change } = await integratedGradients({ output: steep, x, steps: 4 });
    expect(steps).toBeGreaterThan(4);
    expect(residual).toBeLessThan(0.01 * change);
  });

  it('gives up refining at 16 times the steps and says how far off it is', async () => {
    const jump = (input: tf.Tensor2D) => network(input.mul(1e5));
    const { steps, residual, change } = await integratedGradients({ output: jump, x, steps: 2 });
    expect(steps).toBe(32);
    expect(residual).toBeGreaterThan(0.01 * change);
  });

  it('counts from the given baseline', async () => {
    const { values, change } = await integratedGradients({ output: network, x, baseline: x });
    expect([...values, change].map(Math.abs)).toEqual([0, 0, 0]);
  });

  it('leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    await integratedGradients({ output: network, x });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('attentionRollout', () => {
  const { layer1HeadsQueryKey, layer2HeadsQueryKey, result } = fixture.rollout;

  it('gives the worked example, its rows summing to 1', () => {
    const rollout = attentionRollout([layer1HeadsQueryKey, layer2HeadsQueryKey]);
    rollout.forEach((row, index) => {
      expectClose(Float32Array.from(row), result[index]!, 6);
      expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 10);
    });
  });

  it('is the identity without layers of attention between tokens', () => {
    const alone = [
      [
        [1, 0],
        [0, 1],
      ],
    ];
    expect(attentionRollout([alone, alone])).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });
});
