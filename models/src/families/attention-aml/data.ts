import { fail } from '@consilium/shared/errors';
import { asRows, type LabelledSamples } from '../../samples/index.js';
import type { Blueprint } from '../family.js';

/**
 * What the network expects: one patient a row, `log2(TPM + 1)` of genes in one fixed order (or any numeric features), missing
 * values imputed, each feature scaled to mean 0 and variance 1 over all sites and limited to ±10. Nothing is scaled here: the
 * normalisation comes only after the first layer.
 */
export function checkInput({ input, y }: LabelledSamples, { classes }: Pick<Blueprint, 'classes'>): void {
  const rows = asRows(input);
  const wrong = rows.values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    const column = rows.kind === 'rows' ? wrong % rows.width : (rows.columns[wrong] ?? 0);
    fail('CSM-MODEL-INPUT', { problem: `feature number ${column + 1} is not a finite number in some row` });
  }
  if (y.some((label) => label < 0 || label >= classes)) {
    fail('CSM-MODEL-INPUT', { problem: `some label is not one of the ${classes} classes` });
  }
}

/** Columns of the network's input: genes, or any numeric features. */
export function featuresOf({ input }: Pick<Blueprint, 'input'>): number {
  if (input.kind !== 'rows') throw new TypeError(`attention-aml reads rows, not ${input.kind}`);
  return input.width;
}
