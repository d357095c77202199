import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../../../backend/index.js';
import { createVariables, drawWeights, inference, type NamedTensors, similarityGraph } from '../../../layers/index.js';
import { numberBackends } from '../../../testing/index.js';
import { parseOptions } from '../config.js';
import fixture from './gcn.fixture.json' with { type: 'json' };
import {
  attachedGcn,
  ffn,
  ffnParameters,
  gcn,
  gcnParameters,
  linksOf,
  openAnchors,
  transformer,
  transformerAttention,
  transformerParameters,
} from './index.js';

const backends = await numberBackends();

const close = (actual: tf.Tensor, expected: readonly (readonly number[])[]) => {
  const values = actual.dataSync();
  expect(actual.shape).toEqual([expected.length, expected[0]!.length]);
  expected.flat().forEach((value, index) => {
    expect(values[index]).toBeCloseTo(value, 5);
  });
};

const fixed = (): NamedTensors => ({
  'head/graph1/kernel': tf.tensor2d(fixture.W1),
  'head/graph1/bias': tf.tensor1d(fixture.b1),
  'head/graph2/kernel': tf.tensor2d(fixture.W2),
  'head/graph2/bias': tf.tensor1d(fixture.b2),
});
const likeness = { threshold: fixture.threshold, neighbours: 30 };
const graphOf = (features: readonly (readonly number[])[]) =>
  similarityGraph({ ...likeness, features: Float32Array.from(features.flat()), nodes: features.length });

describe.each(backends)('heads on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  beforeEach(() => tf.engine().startScope());
  afterEach(() => tf.engine().endScope());

  it('gcn gives the worked example', async () => {
    const graph = await graphOf(fixture.features);
    const options = { ...parseOptions('small', { head: 'gcn' }), latent: 3, graphWidth: 2 };
    close(gcn(fixed(), tf.tensor2d(fixture.features), graph, inference, options), fixture.logits);
  });

  it('a cell that is like no other has its own loop alone, attached or not', async () => {
    const weights = fixed();
    const stranger = [[-1, -1, -1]];
    const anchors = await openAnchors(weights, tf.tensor2d(fixture.features), likeness);
    const code = tf.tensor2d(stranger);
    const links = linksOf(anchors, code, likeness);
    expect(links.sum().dataSync()[0]).toBe(0);
    const options = { ...parseOptions('small', { head: 'gcn' }), latent: 3, graphWidth: 2 };
    const alone = gcn(weights, code, await graphOf(stranger), inference, options);
    close(attachedGcn(weights, code, links, anchors), alone.arraySync());
    anchors.dispose();
  });

  it('a cell attached to a graph sees its neighbours as they were without it', async () => {
    const weights = fixed();
    const anchors = await openAnchors(weights, tf.tensor2d(fixture.features), likeness);
    const cell = [0.2, 0.8, 0.1];
    const code = tf.tensor2d([cell]);
    const linked = fixture.features.map((other) => (cosine(cell, other) > likeness.threshold ? 1 : 0));
    close(linksOf(anchors, code, likeness), [linked]);
    const own = linked.reduce<number>((sum, link) => sum + link, 1);
    const across = linked.map((link, node) => link / Math.sqrt(own * fixture.degreeWithLoops[node]!));
    const around = (rows: readonly (readonly number[])[], self: readonly number[]) =>
      self.map((value, at) => rows.reduce((sum, row, node) => sum + across[node]! * row[at]!, value / own));
    const hidden = times(around(fixture.features, cell), fixture.W1, fixture.b1).map((value) => Math.max(0, value));
    const logits = times(around(fixture.hidden, hidden), fixture.W2, fixture.b2);
    close(attachedGcn(weights, code, tf.tensor2d([linked]), anchors), [logits]);
    anchors.dispose();
  });

  it('a cell is linked to its strongest neighbours only', async () => {
    const anchors = await openAnchors(fixed(), tf.tensor2d(fixture.features), likeness);
    const links = linksOf(anchors, tf.tensor2d([[1, 0.9, 0]]), { threshold: -1, neighbours: 2 });
    close(links, [[1, 1, 0, 0, 0]]);
    anchors.dispose();
  });

  it('transformer tells dimensions of the code apart, and its attention sums to 1', () => {
    const options = parseOptions('small', { head: 'transformer' });
    const weights = drawn(transformerParameters(options, 7));
    const code = tf.tensor2d([
      [1, 0, 0, 0, 0, 0, 0, 2],
      [2, 0, 0, 0, 0, 0, 0, 1],
    ]);
    const [one, other] = transformer(weights, code, inference, options).arraySync() as [number[], number[]];
    expect(Math.max(...one.map((value, index) => Math.abs(value - other[index]!)))).toBeGreaterThan(1e-4);
    const [attention] = transformerAttention(weights, code, options);
    expect(attention!.shape).toEqual([2, 2, 8, 8]);
    expect(attention!.sum(-1).sub(1).abs().max().dataSync()[0]).toBeLessThan(1e-5);
  });

  it.each(['ffn', 'transformer', 'gcn'])('%s drops something while training alone', async (head) => {
    const options = parseOptions('small', { head, dropout: 0.5 });
    const code = tf.tensor2d(
      Array.from({ length: 6 }, (_, row) => Array.from({ length: 8 }, (_, at) => Math.sin(row + at * at))),
    );
    const graph = await graphOf(code.arraySync());
    const weights = drawn([...ffnParameters(options, 3), ...gcnParameters(options, 3), ...transformerOnly(options)]);
    const run = (training: boolean, seed: number) => {
      const mode = { training, seed };
      if (head === 'gcn') return gcn(weights, code, graph, mode, options);
      return (head === 'ffn' ? ffn : transformer)(weights, code, mode, options);
    };
    const apart = (a: tf.Tensor, b: tf.Tensor) => a.sub(b).abs().max().dataSync()[0]!;
    expect(apart(run(false, 1), run(false, 2))).toBe(0);
    expect(apart(run(true, 1), run(true, 1))).toBe(0);
    expect(apart(run(true, 1), run(true, 2))).toBeGreaterThan(0);
  });
});

/** Without the output layer, which has the name of another head's and here its width, too. */
const transformerOnly = (options: ReturnType<typeof parseOptions>) =>
  transformerParameters(options, 3).filter(({ name }) => !name.startsWith('head/output'));

function drawn(parameters: ReturnType<typeof ffnParameters>): NamedTensors {
  const variables = createVariables(parameters, drawWeights(parameters, 3));
  return Object.fromEntries(parameters.map(({ name }, index) => [name, variables[index]!]));
}

const cosine = (one: readonly number[], other: readonly number[]) =>
  one.reduce((sum, value, at) => sum + value * other[at]!, 0) / (Math.hypot(...one) * Math.hypot(...other));

const times = (row: readonly number[], kernel: readonly (readonly number[])[], bias: readonly number[]) =>
  bias.map((start, column) => row.reduce((sum, value, at) => sum + value * kernel[at]![column]!, start));
