import { elementsOf } from '@consilium/shared/weights';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { numberBackends } from '../testing/index.js';
import fixture from './graph-convolution.fixture.json' with { type: 'json' };
import { type Graph, graphConvolution, graphConvolutionParameters, similarityGraph } from './index.js';

const backends = await numberBackends();

const nodes = fixture.features.length;
const built = () =>
  similarityGraph({
    features: Float32Array.from(fixture.features.flat()),
    nodes,
    threshold: fixture.threshold,
    neighbours: 30,
  });
const weights = () => ({
  'first/kernel': tf.tensor2d(fixture.W1),
  'first/bias': tf.tensor1d(fixture.b1),
  'second/kernel': tf.tensor2d(fixture.W2),
  'second/bias': tf.tensor1d(fixture.b2),
});
const apart = (actual: tf.Tensor, wanted: tf.Tensor) => actual.sub(wanted).abs().max().dataSync()[0];

/** The matrix that the edges stand for. */
function dense({ nodes: size, from, to, strength }: Graph): tf.Tensor2D {
  const values = new Float32Array(size * size);
  strength.forEach((value, edge) => {
    values[to[edge]! * size + from[edge]!]! += value;
  });
  return tf.tensor2d(values, [size, size]);
}

describe.each(backends)('graphConvolution on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('gives the worked example, two layers', async () => {
    const graph = await built();
    const hidden = tf.relu(graphConvolution(weights(), 'first', tf.tensor2d(fixture.features), graph));
    expect(apart(hidden, tf.tensor2d(fixture.hidden))).toBeLessThan(1e-6);
    const logits = graphConvolution(weights(), 'second', hidden, graph);
    expect(apart(logits, tf.tensor2d(fixture.logits))).toBeLessThan(1e-6);
    expect(apart(tf.softmax(logits), tf.tensor2d(fixture.probabilities))).toBeLessThan(1e-6);
  });

  it.each(['the symmetric graph of the worked example', 'a graph with edges one way, some twice'])(
    'has the gradients of the dense product: %s',
    async (kind) => {
      const oneWay: Graph = {
        nodes,
        from: Int32Array.of(0, 0, 3, 2, 2),
        to: Int32Array.of(1, 4, 4, 0, 0),
        strength: Float32Array.of(0.5, -1, 2, 0.25, 1),
      };
      const graph = kind.startsWith('the') ? await built() : oneWay;
      const { 'first/kernel': kernel, 'first/bias': bias } = weights();
      const given = [tf.tensor2d(fixture.features), kernel, bias];
      const pull = tf.randomNormal([nodes, 2], 0, 1, 'float32', 1);
      const sparse = (x: tf.Tensor, k: tf.Tensor, b: tf.Tensor) =>
        graphConvolution({ 'g/kernel': k, 'g/bias': b }, 'g', x as tf.Tensor2D, graph)
          .mul(pull)
          .sum();
      const plain = (x: tf.Tensor, k: tf.Tensor, b: tf.Tensor) =>
        dense(graph).matMul(x.matMul(k)).add(b).mul(pull).sum();
      const wanted = tf.grads(plain)(given);
      tf.grads(sparse)(given).forEach((gradient, index) => {
        expect(apart(gradient, wanted[index]!)).toBeLessThan(1e-5);
      });
    },
  );

  it('leaves no tensor behind', async () => {
    const graph = await built();
    const given = [tf.tensor2d(fixture.features), ...Object.values(weights()).slice(0, 2)];
    const step = () =>
      tf.dispose(
        tf.grads((x, kernel, bias) =>
          graphConvolution({ 'g/kernel': kernel!, 'g/bias': bias! }, 'g', x as tf.Tensor2D, graph),
        )(given),
      );
    step();
    const before = tf.memory().numTensors;
    step();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('graphConvolutionParameters', () => {
  it('has the count of the published two layers', () => {
    const parameters = [...graphConvolutionParameters('a', 256, 128), ...graphConvolutionParameters('b', 128, 7)];
    expect(parameters.reduce((sum, { shape }) => sum + elementsOf(shape), 0)).toBe(33_799);
  });
});
