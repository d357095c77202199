import { createHash } from 'node:crypto';
import { type CheckedPlace, fewestFeatures, placeOf, type TableFault } from './table.js';

/** A row as far as copies go: the values by which it is told from others, none where too few differ to tell. */
export interface TellingRow extends CheckedPlace {
  readonly telling: readonly ArrayBufferView[] | null;
}

/**
 * Looks for rows of the same values in two parts of the split: a sample that was copied under another name, mostly to have more of its
 * class, before anything was split. Then the test sees training samples.
 * @returns null when nothing is wrong
 */
export function duplicateRowFault(rows: Iterable<TellingRow>): TableFault | null {
  const first = new Map<string, CheckedPlace>();
  for (const { telling, ...row } of rows) {
    if (telling === null) continue;
    const hash = createHash('sha256');
    for (const { buffer, byteOffset, byteLength } of telling)
      hash.update(new Uint8Array(buffer, byteOffset, byteLength));
    const key = hash.digest('base64');
    const same = first.get(key);
    if (same === undefined) first.set(key, row);
    else if (same.part !== row.part) {
      return {
        problem: 'the same values stand in two parts of the split',
        places: `${placeOf(same)} and ${placeOf(row)}`,
      };
    }
  }
  return null;
}

/** A row of many different values is nobody else's; one that is empty, or mostly zeros, may be. */
export function tellingValues(values: Float32Array): readonly ArrayBufferView[] | null {
  const seen = new Set<number>();
  for (const value of values) {
    if (!Number.isNaN(value) && seen.add(value).size === fewestFeatures) return [values];
  }
  return null;
}

/** A sparse row tells by the places of its values as well as by them: counts of single cells are mostly ones. */
export const tellingEntries = (columns: Int32Array, values: Float32Array): readonly ArrayBufferView[] | null =>
  columns.length < fewestFeatures ? null : [columns, values];
