import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { gelu } from '../operations/index.js';
import { numberBackends } from '../testing/index.js';
import { dropout, inference, layerNorm, postNormBlock, preNormBlock } from './index.js';
import fixture from './transformer.fixture.json' with { type: 'json' };

const backends = await numberBackends();

const { params, heads } = fixture;

const weights = () => ({
  'b/attention/qkv/kernel': tf.concat([tf.tensor2d(params.Wq), tf.tensor2d(params.Wk), tf.tensor2d(params.Wv)], 1),
  'b/attention/qkv/bias': tf.tensor1d([...params.bq, ...params.bk, ...params.bv]),
  'b/attention/output/kernel': tf.tensor2d(params.Wo),
  'b/attention/output/bias': tf.tensor1d(params.bo),
  'b/norm1/gamma': tf.tensor1d(fixture.ln1.gamma),
  'b/norm1/beta': tf.tensor1d(fixture.ln1.beta),
  'b/norm2/gamma': tf.tensor1d(fixture.ln2.gamma),
  'b/norm2/beta': tf.tensor1d(fixture.ln2.beta),
  'b/feed1/kernel': tf.tensor2d(params.W1),
  'b/feed1/bias': tf.tensor1d(params.b1),
  'b/feed2/kernel': tf.tensor2d(params.W2),
  'b/feed2/bias': tf.tensor1d(params.b2),
  'b/scale1': tf.tensor1d(fixture.preLnGeluLayerScale.layerScale),
  'b/scale2': tf.tensor1d(fixture.preLnGeluLayerScale.layerScale),
});

const close = (actual: tf.Tensor, expected: number[] | number[][] | number[][][], tolerance = 1e-5) => {
  expect(actual.sub(tf.tensor(expected)).abs().max().dataSync()[0]).toBeLessThan(tolerance);
};

describe.each(backends)('transformer blocks on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('postNormBlock gives the worked example', () => {
    const { eps, output } = fixture.postLnRelu;
    close(postNormBlock(weights(), 'b', tf.tensor3d([fixture.x]), { heads, eps, dropout: 0.5, mode: inference }), [
      output,
    ]);
  });

  it('preNormBlock gives the worked example, with exact GELU', () => {
    const { eps, output } = fixture.preLnGeluLayerScale;
    close(preNormBlock(weights(), 'b', tf.tensor3d([fixture.x]), { heads, eps, dropout: 0.5, mode: inference }), [
      output,
    ]);
  });
});

describe.each(backends)('gelu on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('is the exact form, not the tanh one', () => {
    const { x, exact, tanhApprox } = fixture.gelu;
    const values = gelu(tf.tensor2d([x]));
    close(values, [exact], 1e-6);
    expect(
      values
        .sub(tf.tensor2d([tanhApprox]))
        .abs()
        .max()
        .dataSync()[0],
    ).toBeGreaterThan(1e-4);
  });

  it('has the gradient that differences show', () => {
    const x = tf.tensor2d([[-2.5, -0.7, 0, 0.3, 1.9]]);
    const step = 1e-2;
    const differences = gelu(x.add(step))
      .sub(gelu(x.sub(step)))
      .div(2 * step);
    expect(
      tf
        .grad((at) => gelu(at as tf.Tensor2D))(x)
        .sub(differences)
        .abs()
        .max()
        .dataSync()[0],
    ).toBeLessThan(1e-3);
  });
});

describe.each(backends)('layerNorm on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  const named = (gamma: tf.Tensor, beta: tf.Tensor) => ({ 'n/gamma': gamma, 'n/beta': beta });

  it('gives the worked example', () => {
    const { x, eps, output } = fixture.layerNormExample;
    close(layerNorm(named(tf.ones([4]), tf.zeros([4])), 'n', tf.tensor2d([x]), eps), [output]);
  });

  it('has the same gradients by hand as by automatic differentiation', () => {
    const x = tf.randomNormal<tf.Rank.R2>([6, 5], 1, 2, 'float32', 1);
    const [gamma, beta] = [tf.randomNormal([5], 1, 0.3, 'float32', 2), tf.randomNormal([5], 0, 1, 'float32', 3)];
    const pull = tf.randomNormal([6, 5], 0, 1, 'float32', 4);
    const eps = 1e-5;
    const automatic = (input: tf.Tensor, g: tf.Tensor, b: tf.Tensor) => {
      const { mean, variance } = tf.moments(input, -1, true);
      return input.sub(mean).div(variance.add(eps).sqrt()).mul(g).add(b).mul(pull).sum();
    };
    const byHand = (input: tf.Tensor, g: tf.Tensor, b: tf.Tensor) =>
      layerNorm(named(g, b), 'n', input as tf.Tensor2D, eps)
        .mul(pull)
        .sum();
    const wanted = tf.grads(automatic)([x, gamma, beta]);
    tf.grads(byHand)([x, gamma, beta]).forEach((gradient, index) => {
      expect(gradient.shape).toEqual(wanted[index]!.shape);
      expect(gradient.sub(wanted[index]!).abs().max().dataSync()[0]).toBeLessThan(1e-5);
    });
  });
});

describe.each(backends)('dropout on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  const ones = () => tf.ones<tf.Rank.R2>([200, 50]);
  const run = (seed: number, place: string) => dropout(ones(), 0.2, { training: true, seed }, place).dataSync();

  it('drops the given share and keeps the mean', () => {
    const values = run(1, 'here');
    const dropped = values.filter((value) => value === 0).length / values.length;
    expect(dropped).toBeCloseTo(0.2, 1);
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1.25)]));
  });

  it('is the same for one seed and place, and another elsewhere', () => {
    expect(run(1, 'here')).toEqual(run(1, 'here'));
    expect(run(1, 'here')).not.toEqual(run(2, 'here'));
    expect(run(1, 'here')).not.toEqual(run(1, 'there'));
  });

  it('does nothing outside training', () => {
    const input = ones();
    expect(dropout(input, 0.2, inference, 'here')).toBe(input);
  });
});
