import { tf } from '../../../backend/index.js';
import { graphConvolution, type NamedTensors, similarityGraph, toLength, weight } from '../../../layers/index.js';
import type { BloodAutoencoderOptions } from '../config.js';

export type Likeness = Pick<BloodAutoencoderOptions, 'threshold' | 'neighbours'>;

/** A graph of training cells that does not change any more, ready for further cells to be attached to. On the device. */
export interface Anchors {
  /** Codes at length 1, [nodes, latent]. */
  readonly unit: tf.Tensor2D;
  /** What neighbours take from each in the first and the second convolution: [nodes, width] and [nodes, outputs]. */
  readonly first: tf.Tensor2D;
  readonly second: tf.Tensor2D;
  /** 1/√degree, own loop included, [1, nodes]. */
  readonly strength: tf.Tensor2D;
  readonly dispose: () => void;
}

/** @param code standardised codes of the training cells, [nodes, latent]; at least one */
export async function openAnchors(weights: NamedTensors, code: tf.Tensor2D, likeness: Likeness): Promise<Anchors> {
  const [nodes] = code.shape;
  const graph = await similarityGraph({ ...likeness, features: Float32Array.from(await code.data()), nodes });
  const degrees = new Float32Array(nodes);
  for (const node of graph.to) degrees[node]!++;
  const anchors = tf.tidy(() => {
    const hidden = graphConvolution(weights, 'head/graph1', code, graph).relu<tf.Tensor2D>();
    return {
      unit: toLength(code),
      first: times(weights, 'head/graph1', code),
      second: times(weights, 'head/graph2', hidden),
      strength: tf.tensor2d(
        degrees.map((degree) => 1 / Math.sqrt(degree)),
        [1, nodes],
      ),
    };
  });
  return { ...anchors, dispose: () => tf.dispose(Object.values(anchors)) };
}

/** Which anchors a further cell is linked to: its strongest above the threshold; [rows, nodes] of 0 and 1. Has no gradient. */
export function linksOf({ unit }: Anchors, code: tf.Tensor2D, { threshold, neighbours }: Likeness): tf.Tensor2D {
  const cosines = tf.matMul(toLength(code), unit, false, true);
  const picked = Math.min(neighbours, unit.shape[0]);
  const weakest = tf.topk(cosines, picked).values.slice([0, picked - 1], [-1, 1]);
  return tf.logicalAnd<tf.Tensor2D>(cosines.greater(threshold), cosines.greaterEqual(weakest)).toFloat();
}

/**
 * Logits of cells attached to a graph that they do not change (inductive): the convolutions of `gcn`, but each further cell sees
 * itself and the anchors that it is linked to, no other further cell, and no anchor sees it. So a cell's logits depend on no cell that
 * happens to be judged with it. [rows, latent] → [rows, outputs].
 */
export function attachedGcn(
  weights: NamedTensors,
  code: tf.Tensor2D,
  links: tf.Tensor2D,
  { first, second, strength }: Anchors,
): tf.Tensor2D {
  const own = links.sum(1, true).add(1).reciprocal();
  const across = links.mul(strength).mul<tf.Tensor2D>(own.sqrt());
  const convolve = (layer: string, x: tf.Tensor2D, around: tf.Tensor2D): tf.Tensor2D =>
    times(weights, layer, x)
      .mul(own)
      .add(tf.matMul(across, around))
      .add<tf.Tensor2D>(weight(weights, `${layer}/bias`));
  return convolve('head/graph2', convolve('head/graph1', code, first).relu(), second);
}

const times = (weights: NamedTensors, layer: string, x: tf.Tensor2D): tf.Tensor2D =>
  tf.matMul(x, weight<tf.Tensor2D>(weights, `${layer}/kernel`));
