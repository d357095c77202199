import { layoutElements } from '@consilium/shared/weights';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../../backend/index.js';
import { createVariables, drawWeights, inference } from '../../layers/index.js';
import { numberBackends } from '../../testing/index.js';
import fixture from './aggregator.fixture.json' with { type: 'json' };
import { aggregate, aggregatorParameters } from './aggregator.js';

const backends = await numberBackends();

const { block, embed, heads } = fixture;

const weights = () => ({
  'a/embed/kernel': tf.tensor2d(embed.We),
  'a/embed/bias': tf.tensor1d(embed.be),
  'a/cls': tf.tensor1d(fixture.clsToken),
  'a/mask': tf.tensor1d(fixture.maskToken),
  'a/block1/attention/qkv/kernel': tf.concat([tf.tensor2d(block.Wq), tf.tensor2d(block.Wk), tf.tensor2d(block.Wv)], 1),
  'a/block1/attention/qkv/bias': tf.tensor1d([...block.bq, ...block.bk, ...block.bv]),
  'a/block1/attention/output/kernel': tf.tensor2d(block.Wo),
  'a/block1/attention/output/bias': tf.tensor1d(block.bo),
  'a/block1/feed1/kernel': tf.tensor2d(block.W1),
  'a/block1/feed1/bias': tf.tensor1d(block.b1),
  'a/block1/feed2/kernel': tf.tensor2d(block.W2),
  'a/block1/feed2/bias': tf.tensor1d(block.b2),
  'a/block1/scale1': tf.tensor1d(fixture.layerScale1),
  'a/block1/scale2': tf.tensor1d(fixture.layerScale2),
  ...Object.fromEntries(
    ['a/block1/norm1', 'a/block1/norm2', 'a/norm'].flatMap((name) => [
      [`${name}/gamma`, tf.ones([4])],
      [`${name}/beta`, tf.zeros([4])],
    ]),
  ),
});

/** The worked bag, padded with rows that nobody is to see. */
const bags = (cells: readonly number[][], padding = 0) => ({
  cells: tf.tensor3d([[...cells, ...Array.from({ length: padding }, () => [9, -9, 9])]]),
  present: tf.tensor2d([[...cells.map(() => 1), ...Array.from({ length: padding }, () => 0)]]),
});

const run = (cells: readonly number[][], { masked = [] as readonly number[], padding = 0 } = {}) =>
  aggregate(weights(), 'a', bags(cells, padding), {
    ...{ depth: 1, heads, mode: inference },
    masked: tf.tensor2d([Array.from({ length: cells.length + padding }, (_, at) => Number(masked.includes(at)))]),
  });

const distance = (actual: tf.Tensor, wanted: tf.Tensor): number => {
  expect(actual.shape).toEqual(wanted.shape);
  return actual.sub(wanted).abs().max().dataSync()[0] ?? Number.NaN;
};

describe.each(backends)('the aggregator on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('gives the worked example: patient, cells and attention', () => {
    const { patients, cells, attention } = run(fixture.bag);
    expect(distance(patients, tf.tensor2d([fixture.clsOutput]))).toBeLessThan(1e-5);
    expect(distance(cells(Int32Array.of(0, 1, 2, 3, 4)), tf.tensor2d(fixture.tokenOutput))).toBeLessThan(1e-5);
    expect(distance(attention()[0]!, tf.tensor4d([fixture.attention]))).toBeLessThan(1e-5);
  });

  it('gives the worked example with masked cells', () => {
    const { patients } = run(fixture.bag, { masked: fixture.maskedPositions });
    expect(distance(patients, tf.tensor2d([fixture.clsOutputMasked]))).toBeLessThan(1e-5);
  });

  it('does not see the order of cells, nor padding', () => {
    const turned = fixture.permutation.map((cell) => fixture.bag[cell]!);
    const wanted = run(fixture.bag).patients;
    expect(distance(run(turned).patients, wanted)).toBeLessThan(1e-5);
    expect(distance(run(fixture.bag, { padding: 3 }).patients, wanted)).toBeLessThan(1e-5);
  });
});

describe('the small aggregator', () => {
  it('gives each patient of a batch the vector it has alone, in any order of its cells', async () => {
    await useBackend('wasm');
    const parameters = aggregatorParameters('a', {
      ...{ inputs: 32, width: 32, depth: 2, heads: 4, mlpRatio: 2, layerScale: 0.1 },
    });
    expect(layoutElements(parameters)).toBe(18_400);
    const variables = createVariables(parameters, drawWeights(parameters, 1));
    const named = Object.fromEntries(parameters.map(({ name }, index) => [name, variables[index]!]));
    const options = { depth: 2, heads: 4, mode: inference };
    const cells = tf.randomNormal<tf.Rank.R3>([2, 16, 32], 0, 1, 'float32', 3);
    const present = tf.tensor2d([new Array(16).fill(1), [...new Array(9).fill(1), ...new Array(7).fill(0)]]);
    const together = aggregate(named, 'a', { cells, present }, options).patients;
    const turned = aggregate(
      named,
      'a',
      { cells: cells.slice([0], [1]).reverse(1), present: present.slice([0], [1]) },
      options,
    ).patients;
    const short = aggregate(
      named,
      'a',
      { cells: cells.slice([1, 0], [1, 9]), present: tf.ones([1, 9]) },
      options,
    ).patients;
    expect(distance(turned, together.slice([0], [1]))).toBeLessThan(1e-5);
    expect(distance(short, together.slice([1], [1]))).toBeLessThan(1e-5);
    expect(distance(turned, short)).toBeGreaterThan(1e-3);
    for (const variable of variables) variable.dispose();
  });
});
