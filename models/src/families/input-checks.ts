import { fail } from '@consilium/shared/errors';
import { asRows, type LabelledSamples, type Samples } from '../samples/index.js';
import type { Blueprint } from './family.js';

// What several families ask of their input. All fail with `CSM-MODEL-INPUT`; no text holds a value.

/** Rows, dense or sparse, of finite numbers. */
export function checkRows(input: Samples): void {
  const rows = asRows(input);
  const wrong = rows.values.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return;
  const column = rows.kind === 'rows' ? wrong % rows.width : (rows.columns[wrong] ?? 0);
  fail('CSM-MODEL-INPUT', { problem: `feature number ${column + 1} is not a finite number in some row` });
}

/** Every sample of one of the classes. */
export function checkLabels({ y }: Pick<LabelledSamples, 'y'>, classes: number): void {
  if (y.some((label) => label < 0 || label >= classes)) {
    fail('CSM-MODEL-INPUT', { problem: `some label is not one of the ${classes} classes` });
  }
}

/** Columns of a network's input: genes, or any numeric features. */
export function columnsOf({ input }: Pick<Blueprint, 'input'>, family: string): number {
  if (input.kind !== 'rows') throw new TypeError(`${family} reads rows, not ${input.kind}`);
  return input.width;
}
