import { fail } from '@consilium/shared/errors';
import { asRows, type LabelledSamples } from '../../samples/index.js';
import type { Blueprint } from '../family.js';
import { name } from './config.js';

/**
 * What the network expects: one cell a row, counts brought to a total of 10,000 and ln(1 + x) of that, genes in one fixed order; each
 * gene divided by its standard deviation over all sites or left as it is. The stage `autoencoder` looks at no class.
 */
export function checkInput(
  { input, y }: LabelledSamples,
  { classes, stage }: Pick<Blueprint, 'classes' | 'stage'>,
): void {
  const rows = asRows(input);
  const wrong = rows.values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    const column = rows.kind === 'rows' ? wrong % rows.width : (rows.columns[wrong] ?? 0);
    fail('CSM-MODEL-INPUT', { problem: `feature number ${column + 1} is not a finite number in some row` });
  }
  if (stage === 'head' && y.some((label) => label < 0 || label >= classes)) {
    fail('CSM-MODEL-INPUT', { problem: `some label is not one of the ${classes} classes` });
  }
}

/** Columns of the network's input: genes. */
export function featuresOf({ input }: Pick<Blueprint, 'input'>): number {
  if (input.kind !== 'rows') throw new TypeError(`${name} reads rows, not ${input.kind}`);
  return input.width;
}
