import { tf } from '../../../backend/index.js';
import { attentionRollout, type Matrix } from '../../../explain/index.js';
import { pickInput } from '../../../samples/index.js';
import type { Explaining, Finding } from '../../family.js';
import { encodeAll, standardised } from '../codes.js';
import { transformerAttention } from '../heads/index.js';
import type { BloodAutoencoderModel } from '../network.js';
import { cellsOfClass } from './cells.js';

/** Cells of a class that are looked at: each has latent² weights a head and layer. */
const cellsEach = 50;

/**
 * How much each dimension of the code is looked at by the others, layer by layer and through all of them (rollout): means over cells of
 * a class, heads and queries, each in all 1.
 */
export async function tokenAttention(
  { anatomy: { weights, options } }: BloodAutoencoderModel,
  { samples, classes, minimumPatients, seed }: Explaining,
): Promise<Finding> {
  const rows: (string | number)[][] = [];
  for (const [label, name] of classes.entries()) {
    const cells = cellsOfClass(samples, label, { minimumPatients, most: cellsEach, seed });
    if (cells.length === 0) continue;
    const codes = await encodeAll(weights, pickInput(samples.input, cells));
    const means = tf.tidy(() =>
      transformerAttention(weights, standardised(weights, codes), options).map((shown) =>
        shown.mean<tf.Tensor2D>([0, 1]),
      ),
    );
    const layers: readonly Matrix[] = await Promise.all(means.map((mean) => mean.array()));
    tf.dispose([codes, ...means]);
    const all = [
      ...layers.map((matrix, index) => ({ place: index + 1, matrix })),
      { place: 'rollout', matrix: attentionRollout(layers.map((layer) => [layer])) },
    ];
    for (const { place, matrix } of all) {
      for (const [latent, share] of received(matrix).entries())
        rows.push([name, cells.length, place, latent + 1, share]);
    }
  }
  return { kind: 'table', name: 'attention', header: ['class', 'cells', 'layer', 'latent', 'share'], rows };
}

/** Mean over the queries: [keys]. */
const received = (matrix: Matrix): readonly number[] =>
  (matrix[0] ?? []).map((_, key) => matrix.reduce((sum, row) => sum + (row[key] ?? 0), 0) / matrix.length);
