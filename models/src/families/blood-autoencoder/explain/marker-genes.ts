import { tf } from '../../../backend/index.js';
import { integratedGradients } from '../../../explain/index.js';
import { type Graph, inference } from '../../../layers/index.js';
import { asRows, denseRows } from '../../../samples/index.js';
import { predict } from '../../../training/index.js';
import type { Explaining, Finding } from '../../family.js';
import { encode } from '../autoencoder.js';
import { anchorsOf, headLogits, perClass } from '../classification.js';
import { standardised } from '../codes.js';
import { type Anchors, attachedGcn, linksOf } from '../heads/index.js';
import type { BloodAutoencoderModel } from '../network.js';
import { cellsOfClass } from './cells.js';
import { strongest } from './latent-genes.js';

/** Cells of a class that are looked at; each goes through the network some hundred times. */
const cellsEach = 50;
const genesEach = 50;
const judgedTogether = 256;

/**
 * Genes that speak for or against a class: integrated gradients of its logit through encoder and head over cells that were told
 * right, from the baseline 0, ranked by mean magnitude. Of two classes, it is the difference of their logits. A cell's neighbours in a
 * graph stay those that it has.
 */
export async function markerGenes(model: BloodAutoencoderModel, given: Explaining): Promise<Finding> {
  const { samples, reference, features, classes, minimumPatients, seed } = given;
  const { weights, options } = model.anatomy;
  const probabilities = await predict({ model, samples, reference, batchSize: judgedTogether });
  const among = (row: number) => winner(probabilities, row, classes.length) === samples.y[row];
  const input = asRows(samples.input);
  const anchors =
    options.head === 'gcn' && reference !== null && reference.rows > 0
      ? await anchorsOf(weights, reference, options)
      : null;
  const rows: (string | number)[][] = [];
  try {
    for (const [label, name] of classes.entries()) {
      const cells = cellsOfClass(samples, label, { minimumPatients, most: cellsEach, seed, among });
      const strength = new Float32Array(features.length);
      const push = new Float32Array(features.length);
      for (const cell of cells) {
        const x = denseRows(input, Int32Array.of(cell));
        const links = anchors && linksAt(model, anchors, x);
        const output = (path: tf.Tensor2D) => score(model, path, label, anchors, links);
        const { values } = await integratedGradients({ output, x, batchSize: pointsTogether });
        links?.dispose();
        values.forEach((value, gene) => {
          strength[gene]! += Math.abs(value) / cells.length;
          push[gene]! += (value * Math.sign(x[gene] ?? 0)) / cells.length;
        });
      }
      if (cells.length === 0) continue;
      for (const [place, gene] of strongest(strength, genesEach).entries()) {
        const direction = (push[gene] ?? 0) >= 0 ? 'over' : 'under';
        rows.push([name, cells.length, place + 1, features[gene] ?? '', strength[gene] ?? 0, direction]);
      }
    }
  } finally {
    anchors?.dispose();
  }
  return { kind: 'table', name: 'genes', header: ['class', 'cells', 'rank', 'gene', 'strength', 'direction'], rows };
}

const pointsTogether = 50;

const linksAt = ({ anatomy: { weights, options } }: BloodAutoencoderModel, anchors: Anchors, x: Float32Array) =>
  tf.tidy(() => {
    const cell = tf.tensor2d(x.slice(), [1, x.length]);
    return linksOf(anchors, standardised(weights, encode(weights, cell, inference)), options);
  });

/** [points] */
function score(
  { anatomy: { weights, options }, classes }: BloodAutoencoderModel,
  path: tf.Tensor2D,
  label: number,
  anchors: Anchors | null,
  links: tf.Tensor2D | null,
): tf.Tensor1D {
  const code = standardised(weights, encode(weights, path, inference));
  const logits =
    anchors === null || links === null
      ? headLogits({ weights, options, classes }, code, options.head === 'gcn' ? apart(code.shape[0]) : null, inference)
      : perClass(attachedGcn(weights, code, links.tile([code.shape[0], 1]), anchors), classes);
  const own = column(logits, label);
  return classes === 2 ? own.sub(column(logits, 1 - label)) : own;
}

const column = (logits: tf.Tensor2D, label: number): tf.Tensor1D => logits.slice([0, label], [-1, 1]).as1D();

/** A graph in which nobody has a neighbour. */
function apart(nodes: number): Graph {
  const loops = Int32Array.from({ length: nodes }, (_, node) => node);
  return { nodes, from: loops, to: loops, strength: new Float32Array(nodes).fill(1) };
}

function winner(probabilities: Float32Array, row: number, classes: number): number {
  const scores = probabilities.subarray(row * classes, (row + 1) * classes);
  return scores.indexOf(Math.max(...scores));
}
