import { tf } from '../../../backend/index.js';
import { similarityGraph } from '../../../layers/index.js';
import { pickInput } from '../../../samples/index.js';
import type { Explaining, Finding } from '../../family.js';
import { encodeAll, standardised } from '../codes.js';
import type { BloodAutoencoderModel } from '../network.js';
import { cellsOfClass, some } from './cells.js';

/**
 * Whether neighbours in the graph of cells are of one class: of each class's edges the share whose other end is of the class, and what
 * it would be if edges were drawn blindly.
 */
export async function homophily(
  { anatomy: { weights, options } }: BloodAutoencoderModel,
  { samples, classes, minimumPatients, seed }: Explaining,
): Promise<Finding> {
  const shown = classes.map((_, label) => cellsOfClass(samples, label, { minimumPatients, seed }));
  const cells = some(Int32Array.from(shown.flatMap((rows) => [...rows])).sort(), options.nodes, seed);
  const header = ['class', 'cells', 'edges', 'same', 'blindly'];
  if (cells.length < 2) return { kind: 'table', name: 'homophily', header, rows: [] };
  const codes = await encodeAll(weights, pickInput(samples.input, cells));
  const standard = tf.tidy(() => standardised(weights, codes));
  const features = Float32Array.from(await standard.data());
  tf.dispose([codes, standard]);
  const graph = await similarityGraph({ ...options, features, nodes: cells.length });
  const labelOf = (node: number | undefined) => samples.y[cells[node ?? 0] ?? 0];
  const rows = classes.flatMap((name, label) => {
    const own = cells.filter((cell) => samples.y[cell] === label).length;
    if (own === 0) return [];
    const ends = [...graph.to.keys()].filter(
      (edge) => graph.to[edge] !== graph.from[edge] && labelOf(graph.to[edge]) === label,
    );
    const same = ends.filter((edge) => labelOf(graph.from[edge]) === label).length;
    return [[name, own, ends.length, ends.length === 0 ? 0 : same / ends.length, (own - 1) / (cells.length - 1)]];
  });
  return { kind: 'table', name: 'homophily', header, rows };
}
