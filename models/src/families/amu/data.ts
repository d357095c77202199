import { fail } from '@consilium/shared/errors';
import { asRows, type LabelledSamples } from '../../samples/index.js';
import type { Blueprint } from '../family.js';

/**
 * What the network expects: one patient a row, genes in one fixed order. The published chain: TPM, the share of the sample's total, the
 * panel's genes, their shares once more, `ln(max(share, 1e-7))`, ComBat with the site as its batch, and a z-score over the training rows.
 * The published table wrote a share of 0 as the logarithm 0, which is that of a gene that makes up the whole sample: a floor does not.
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

/** Columns of the network's input. */
export function genesOf({ input }: Pick<Blueprint, 'input'>): number {
  if (input.kind !== 'rows') throw new TypeError(`amu reads rows, not ${input.kind}`);
  return input.width;
}
