import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { type Graph, neighbourSum } from './index.js';

/** Edges one way, two of them at one place, and a node without any. */
const graph: Graph = {
  nodes: 4,
  from: Int32Array.of(0, 0, 3, 1, 1),
  to: Int32Array.of(1, 2, 2, 0, 0),
  strength: Float32Array.of(0.5, -1, 2, 0.25, 1),
};
const x = () => tf.tensor2d([1, 2, 10, 20, 100, 200, 1000, 2000], [4, 2]);
const rows = (tensor: tf.Tensor) => [...tensor.dataSync()];

describe.each(['cpu', 'wasm'] as const)('neighbourSum on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each([
    { form: 'written out', denseLimit: 4 },
    { form: 'edge by edge', denseLimit: 3 },
  ])('$form', ({ denseLimit }) => {
    it('adds up the neighbours by their strength', () => {
      expect(rows(neighbourSum(x(), graph, denseLimit))).toEqual([12.5, 25, 0.5, 1, 1999, 3998, 0, 0]);
    });

    it('sends slopes back along the edges', () => {
      const slopes = tf.tensor2d([1, 2, 10, 20, 100, 200, 1000, 2000], [4, 2]);
      const gradient = tf.grad((at) =>
        neighbourSum(at as tf.Tensor2D, graph, denseLimit)
          .mul(slopes)
          .sum(),
      )(x());
      expect(rows(gradient)).toEqual([-95, -190, 1.25, 2.5, 0, 0, 200, 400]);
    });

    it('leaves no tensor behind', () => {
      const given = x();
      const step = () => tf.dispose(tf.grad((at) => neighbourSum(at as tf.Tensor2D, graph, denseLimit))(given));
      step();
      const before = tf.memory().numTensors;
      step();
      expect(tf.memory().numTensors).toBe(before);
    });
  });
});
