import type { Transform } from '@consilium/shared/contract';

const missingWords = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '?', '.']);

/** True for an empty field and the words that tables use for "not measured". */
export const isMissing = (text: string): boolean => missingWords.has(text.trim().toLowerCase());

/** A field as a number; NaN when missing; null when it is neither a number nor missing. */
export function readNumber(text: string): number | null {
  const value = Number(text);
  // Number() takes an empty text for 0 and knows 0x10 and Infinity; a table means none of these.
  const whole = Number.isInteger(value);
  const foreign = whole && ((value === 0 && text.trim() === '') || /^\s*0[box]/i.test(text));
  if (Number.isFinite(value) && !foreign) return value;
  return isMissing(text) ? Number.NaN : null;
}

/** A change of one value; NaN stays NaN. */
export type ValueChange = (value: number) => number;

/** The declared transforms of each column, in declared order: one change a column, null where there is none. */
export function changesOf(
  transforms: readonly Transform[],
  columns: readonly string[],
): readonly (ValueChange | null)[] {
  return columns.map((column) => {
    const changes = transforms.flatMap((step) => changeOf(step, column));
    return changes.length === 0 ? null : (value) => changes.reduce((at, change) => change(at), value);
  });
}

function changeOf(step: Transform, column: string): readonly ValueChange[] {
  const meant = (columns: 'all' | readonly string[]): boolean => columns === 'all' || columns.includes(column);
  if ('log1p' in step) return meant(step.log1p) ? [(x) => (x < 0 ? Number.NaN : Math.log1p(x))] : [];
  if ('log2p1' in step) return meant(step.log2p1) ? [(x) => (x < 0 ? Number.NaN : Math.log1p(x) / Math.LN2)] : [];
  if ('unit' in step) {
    const { below, multiplyBy } = step.unit;
    return step.unit.column === column ? [(x) => (x < below ? x * multiplyBy : x)] : [];
  }
  if ('clip' in step) {
    const { low = -Infinity, high = Infinity, columns } = step.clip;
    return meant(columns) ? [(x) => Math.min(high, Math.max(low, x))] : [];
  }
  return step satisfies never;
}
