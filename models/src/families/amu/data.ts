import type { LabelledSamples } from '../../samples/index.js';
import type { Blueprint } from '../family.js';
import { checkLabels, checkRows, columnsOf } from '../input-checks.js';

/**
 * What the network expects: one patient a row, genes in one fixed order. The published chain: TPM, the share of the sample's total, the
 * panel's genes, their shares once more, `ln(max(share, 1e-7))`, ComBat with the site as its batch, and a z-score over the training rows.
 * The published table wrote a share of 0 as the logarithm 0, which is that of a gene that makes up the whole sample: a floor does not.
 */
export function checkInput(samples: LabelledSamples, { classes }: Pick<Blueprint, 'classes'>): void {
  checkRows(samples.input);
  checkLabels(samples, classes);
}

/** Columns of the network's input. */
export const genesOf = (blueprint: Pick<Blueprint, 'input'>): number => columnsOf(blueprint, 'amu');
