import type { LabelledSamples } from '../../samples/index.js';
import type { Blueprint } from '../family.js';
import { checkLabels, checkRows, columnsOf } from '../input-checks.js';

/**
 * What the network expects: one patient a row, `log2(TPM + 1)` of genes in one fixed order (or any numeric features), missing
 * values imputed, each feature scaled to mean 0 and variance 1 over all sites and limited to ±10. Nothing is scaled here: the
 * normalisation comes only after the first layer.
 */
export function checkInput(samples: LabelledSamples, { classes }: Pick<Blueprint, 'classes'>): void {
  checkRows(samples.input);
  checkLabels(samples, classes);
}

/** Columns of the network's input: genes, or any numeric features. */
export const featuresOf = (blueprint: Pick<Blueprint, 'input'>): number => columnsOf(blueprint, 'attention-aml');
