import { placeOnMap } from '../../../explain/index.js';
import { type NamedTensors, stream } from '../../../layers/index.js';
import type { Explaining, Finding } from '../../family.js';
import { codesOf, some } from './cells.js';

/** Cells on the map: neighbours are looked for among all of them. */
const mostCells = 2000;
const fewestCells = 4;

/** The cells' codes in two dimensions (UMAP), to be coloured by class and group; null where they are too few to have neighbours. */
export async function codeMap(
  weights: NamedTensors,
  { samples, ids, classes, seed }: Explaining,
): Promise<Finding | null> {
  const cells = some(Int32Array.from(samples.y.keys()), mostCells, seed);
  if (cells.length < fewestCells) return null;
  const codes = await codesOf(weights, samples, cells);
  const width = codes.length / cells.length;
  const places = await placeOnMap({ rows: cells.length, width, values: codes, random: stream(seed, 'map') });
  const rows = [...cells].map((cell, index) => [
    ...[ids[cell] ?? '', classes[samples.y[cell] ?? -1] ?? '', samples.groups?.[cell] ?? 0],
    ...[places[2 * index] ?? 0, places[2 * index + 1] ?? 0],
  ]);
  return { kind: 'table', name: 'map', header: ['id', 'class', 'group', 'x', 'y'], rows };
}
