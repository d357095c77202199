import { tf } from '../backend/index.js';
import type { Graph } from '../operations/index.js';
import { toLength } from './unit-length.js';

export type { Graph };

export interface SimilarityOptions {
  /** Row-major [nodes, width]. */
  readonly features: Float32Array;
  readonly nodes: number;
  /** Two nodes may be neighbours above this cosine, not at it. */
  readonly threshold: number;
  /** Each node picks at most so many, the strongest; it may be picked by more. */
  readonly neighbours: number;
}

/**
 * The graph of nodes that are alike, ready for `graphConvolution`: `Â = D^{−½}·(A + I)·D^{−½}` (Kipf & Welling 2017), A the edges without
 * weights, D the degrees of A + I. An edge is there when either end picks the other, so Â is symmetric; a node without neighbours keeps
 * its own loop of strength 1. Edges are in the order of their rows, then columns. All cosines are formed at once: nodes² values.
 */
export async function similarityGraph({ features, nodes, threshold, neighbours }: SimilarityOptions): Promise<Graph> {
  if (nodes === 0 || features.length % nodes !== 0) throw new RangeError(`${features.length} values of ${nodes} nodes`);
  const picked = Math.min(neighbours, nodes - 1);
  const pairs = new Set<number>();
  if (picked > 0) {
    const { cosines, others } = await strongest(features, nodes, picked);
    cosines.forEach((cosine, place) => {
      if (!(cosine > threshold)) return;
      const [node, other] = [Math.floor(place / picked), others[place] ?? 0];
      pairs.add(node * nodes + other);
      pairs.add(other * nodes + node);
    });
  }
  for (let node = 0; node < nodes; node++) pairs.add(node * nodes + node);
  return normalised(Float64Array.from(pairs).sort(), nodes);
}

/** The highest cosines of each node with others, and which others they are: [nodes, picked] each, row-major. */
async function strongest(features: Float32Array, nodes: number, picked: number) {
  const { values, indices } = tf.tidy(() => {
    const unit = toLength(tf.tensor2d(features.slice(), [nodes, features.length / nodes]));
    const cosines = tf.matMul(unit, unit, false, true).sub(tf.eye(nodes).mul(aboveAnyCosine));
    return tf.topk(cosines, picked);
  });
  const [cosines, others] = await Promise.all([values.data(), indices.data()]);
  tf.dispose([values, indices]);
  return { cosines, others };
}

/** Takes a node out of its own neighbours. */
const aboveAnyCosine = 4;

/** @param pairs row · nodes + column of each edge and loop, ascending */
function normalised(pairs: Float64Array, nodes: number): Graph {
  const to = Int32Array.from(pairs, (pair) => Math.floor(pair / nodes));
  const from = Int32Array.from(pairs, (pair) => pair % nodes);
  const degrees = new Int32Array(nodes);
  for (const node of to) degrees[node]!++;
  const strength = Float32Array.from(to, (node, edge) => 1 / Math.sqrt(degrees[node]! * degrees[from[edge]!]!));
  return { nodes, from, to, strength };
}
