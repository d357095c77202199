import { createHash } from 'node:crypto';
import { type CheckedRow, type CheckedTable, fewestFeatures, placeOf } from './table.js';

/**
 * Looks for rows of the same values in two parts of the split: a sample that was copied under another name, mostly to have more of its
 * class, before anything was split. Then the test sees training samples.
 * @returns what is wrong, as part of a sentence; null when nothing is
 */
export function duplicateRowFault({ rows }: CheckedTable): string | null {
  const first = new Map<string, CheckedRow>();
  for (const row of rows) {
    if (!isTelling(row.values)) continue;
    const { buffer, byteOffset, byteLength } = row.values;
    const key = createHash('sha256')
      .update(new Uint8Array(buffer, byteOffset, byteLength))
      .digest('base64');
    const same = first.get(key);
    if (same === undefined) first.set(key, row);
    else if (same.part !== row.part) {
      return `the same values stand in two parts of the split, as at ${placeOf(same)} and ${placeOf(row)}`;
    }
  }
  return null;
}

/** A row of many different values is nobody else's; one that is empty, or mostly zeros, may be. */
function isTelling(values: Float32Array): boolean {
  const seen = new Set<number>();
  for (const value of values) {
    if (!Number.isNaN(value) && seen.add(value).size === fewestFeatures) return true;
  }
  return false;
}
