import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { numberBackends } from '../testing/index.js';
import fixture from './attention.fixture.json' with { type: 'json' };

import {
  attentionParameters,
  attentionWeights,
  drawWeights,
  paddingMask,
  selfAttention,
  singleTokenAttention,
} from './index.js';

const backends = await numberBackends();

type Projections = { [name in 'Wq' | 'Wk' | 'Wv' | 'Wo']: number[][] } & {
  [name in 'bq' | 'bk' | 'bv' | 'bo']: number[];
};

/** The published form with separate projections, as the fused form names them. */
const fused = ({ Wq, Wk, Wv, Wo, bq, bk, bv, bo }: Projections) => ({
  'a/qkv/kernel': tf.concat([tf.tensor2d(Wq), tf.tensor2d(Wk), tf.tensor2d(Wv)], 1),
  'a/qkv/bias': tf.tensor1d([...bq, ...bk, ...bv]),
  'a/output/kernel': tf.tensor2d(Wo),
  'a/output/bias': tf.tensor1d(bo),
});

const close = (actual: tf.Tensor, expected: unknown, tolerance = 1e-5) => {
  const wanted = tf.tensor(expected as number[]);
  expect(actual.shape).toEqual(wanted.shape);
  const difference = actual.sub(wanted).abs().max().dataSync()[0];
  expect(difference).toBeLessThan(tolerance);
};

describe.each(backends)('selfAttention on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  const { heads } = fixture;
  const batched = () => tf.tensor3d([fixture.x]);

  it('gives the outputs and weights of the worked example', () => {
    close(selfAttention(fused(fixture.params), 'a', batched(), { heads }), [fixture.output]);
    close(attentionWeights(fused(fixture.params), 'a', batched(), { heads }), [fixture.weightsHeadQueryKey]);
  });

  it('gives masked keys no weight at all', () => {
    const present = tf.tensor2d([fixture.x.map((_, token) => (fixture.maskedKeys.includes(token) ? 0 : 1))]);
    const masked = { heads, mask: paddingMask(present) };
    close(selfAttention(fused(fixture.params), 'a', batched(), masked), [fixture.maskedOutput]);
    const weights = attentionWeights(fused(fixture.params), 'a', batched(), masked);
    close(weights, [fixture.maskedWeights]);
    expect(weights.slice([0, 0, 0, 2], [1, heads, 3, 1]).sum().dataSync()[0]).toBe(0);
  });

  it('stays finite in a row whose keys are all masked', () => {
    const output = selfAttention(fused(fixture.params), 'a', batched(), {
      heads,
      mask: paddingMask(tf.zeros([1, 3])),
    });
    expect(output.isFinite().all().dataSync()[0]).toBe(1);
  });

  it('permutes its outputs with its tokens', () => {
    const { order } = fixture.permutation;
    const output = selfAttention(fused(fixture.params), 'a', batched().gather(order, 1), { heads });
    close(output, [order.map((token) => fixture.output[token])]);
  });

  it('keeps the patients of a batch apart', () => {
    const other = tf.randomNormal<tf.Rank.R3>([1, 3, 4], 0, 1, 'float32', 1);
    const output = selfAttention(fused(fixture.params), 'a', tf.concat([other, batched()]), { heads });
    close(output.slice(1), [fixture.output]);
  });

  it('has the gradients of the worked example', () => {
    const weights = fused(fixture.params);
    const energy = (x: tf.Tensor, kernel: tf.Tensor) =>
      selfAttention({ ...weights, 'a/qkv/kernel': kernel }, 'a', x as tf.Tensor3D, { heads })
        .square()
        .sum()
        .mul(0.5)
        .asScalar();
    const [gradX, gradKernel] = tf.grads(energy)([batched(), weights['a/qkv/kernel']]);
    close(gradX!, [fixture.gradX], 1e-4);
    close(gradKernel!.slice([0, 0], [4, 4]), fixture.gradWq, 1e-4);
  });
});

describe.each(backends)('the bias of the keys on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('moves no output, and has a gradient of exactly zero while queries and values have theirs', async () => {
    const { heads } = fixture;
    const whole = fused(fixture.params);
    const x = tf.tensor3d([fixture.x]);
    const loss = (bias: tf.Tensor) =>
      selfAttention({ ...whole, 'a/qkv/bias': bias }, 'a', x, { heads })
        .square()
        .sum();
    const bias = whole['a/qkv/bias'];
    const width = bias.size / 3;
    const gradient = await tf.grad(loss)(bias).data();
    const part = (index: number) => [...gradient.slice(index * width, (index + 1) * width)].map(Math.abs);
    expect(part(1)).toEqual(new Array(width).fill(0));
    expect(Math.max(...part(0))).toBeGreaterThan(1e-6);
    expect(Math.max(...part(2))).toBeGreaterThan(1e-6);
    const shifted = bias.add(tf.tensor1d([...bias.dataSync()].map((_, i) => (Math.floor(i / width) === 1 ? 5 : 0))));
    close(loss(shifted).sub(loss(bias)), 0, 1e-4);
  });
});

describe.each(backends)('attention over a single token on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('is an affine map of values and output alone', () => {
    const { params, singleToken, heads } = fixture;
    close(selfAttention(fused(params), 'a', tf.tensor3d([singleToken.x]), { heads }), [singleToken.output]);
    const weights = {
      'a/value/kernel': tf.tensor2d(params.Wv),
      'a/value/bias': tf.tensor1d(params.bv),
      'a/output/kernel': tf.tensor2d(params.Wo),
      'a/output/bias': tf.tensor1d(params.bo),
    };
    close(singleTokenAttention(weights, 'a', tf.tensor2d(singleToken.x)), singleToken.output);
  });

  it.each([
    { width: 32, heads: 4 },
    { width: 16, heads: 2 },
  ])('has no gradient for queries and keys of width $width', ({ width, heads }) => {
    const parameters = attentionParameters('a', width);
    const values = drawWeights(parameters, 3);
    let offset = 0;
    const weights = Object.fromEntries(
      parameters.map(({ name, shape }) => {
        const size = shape.reduce((product, length) => product * length, 1);
        offset += size;
        return [name, tf.tensor(values.slice(offset - size, offset), [...shape])];
      }),
    );
    const x = tf.randomNormal<tf.Rank.R3>([5, 1, width], 0, 1, 'float32', 1);
    const gradient = tf.grad((kernel) =>
      selfAttention({ ...weights, 'a/qkv/kernel': kernel }, 'a', x, { heads })
        .square()
        .sum(),
    )(weights['a/qkv/kernel']!);
    const largest = (begin: number, size: number) =>
      gradient.slice([0, begin], [width, size]).abs().max().dataSync()[0];
    // The native operation adds up in another order, which leaves rounding.
    expect(largest(0, 2 * width)).toBeLessThanOrEqual(backend === 'native' ? 1e-6 : 0);
    expect(largest(2 * width, width)).toBeGreaterThan(0);
  });
});
