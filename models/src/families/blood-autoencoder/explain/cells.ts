import { tf } from '../../../backend/index.js';
import { type NamedTensors, permutation, stream } from '../../../layers/index.js';
import { type LabelledSamples, pickInput } from '../../../samples/index.js';
import { encodeAll } from '../codes.js';

/** Rows of a class, drawn where there are more than are wanted; none where they are of too few patients to form a mean over. */
export function cellsOfClass(
  { y, patients }: LabelledSamples,
  label: number,
  { minimumPatients, most = Number.POSITIVE_INFINITY, seed, among = () => true }: Choice,
): Int32Array {
  const rows = Int32Array.from(y.keys()).filter((row) => y[row] === label && among(row));
  const donors = new Set(rows.map((row) => patients[row] ?? row)).size;
  if (donors === 0 || donors < minimumPatients) return new Int32Array(0);
  return some(rows, most, seed);
}

interface Choice {
  readonly minimumPatients: number;
  readonly most?: number;
  readonly seed: number;
  readonly among?: (row: number) => boolean;
}

/** So many of the rows, drawn, in their order. */
export const some = (rows: Int32Array, most: number, seed: number): Int32Array =>
  permutation(rows.length, stream(seed, 'explained'))
    .subarray(0, most)
    .map((place) => rows[place] ?? 0)
    .sort();

/** Codes of some cells as the encoder gives them, row-major [rows, latent]. */
export async function codesOf(
  weights: NamedTensors,
  { input }: LabelledSamples,
  rows: Int32Array,
): Promise<Float32Array> {
  const codes = await encodeAll(weights, pickInput(input, rows));
  try {
    return Float32Array.from(await codes.data());
  } finally {
    tf.dispose(codes);
  }
}
