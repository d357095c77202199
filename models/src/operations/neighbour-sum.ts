import { tf } from '../backend/index.js';
import { withGradient } from './hand-written-gradient.js';

/** A sparse square matrix by its entries: row `to[e]`, column `from[e]`, value `strength[e]`. */
export interface Graph {
  readonly nodes: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly strength: Float32Array;
}

/**
 * The sparse product `A·x`: `y_i = Σ_e strength_e · x_from(e)` over the edges with `to(e) = i`; x [nodes, width], kept. Memory is
 * edges · width, not nodes². Gradient: the same along the edges turned round, `Aᵀ·dy`. None goes to the strengths.
 */
export const neighbourSum = (x: tf.Tensor2D, graph: Graph): tf.Tensor2D => {
  const edges = graph.from.length;
  const [from, to] = [tf.tensor1d(graph.from, 'int32'), tf.tensor1d(graph.to, 'int32')];
  const strength = tf.tensor2d(graph.strength, [edges, 1]);
  const gathered = withGradient((values: tf.Tensor2D) => ({
    value: along(values, from, to, strength),
    keep: [from, to, strength] as const,
    backward: (dy, [start, end, weights]) => [along(dy, end, start, weights)],
  }));
  return gathered(x);
};

const along = (values: tf.Tensor2D, from: tf.Tensor1D, to: tf.Tensor1D, strength: tf.Tensor2D): tf.Tensor2D =>
  tf.unsortedSegmentSum(tf.gather(values, from).mul<tf.Tensor2D>(strength), to, values.shape[0]);
