import type { LabelledSamples } from '../../samples/index.js';
import type { Blueprint } from '../family.js';
import { checkLabels, checkRows, columnsOf } from '../input-checks.js';
import { name } from './config.js';

/**
 * What the network expects: one cell a row, counts brought to a total of 10,000 and ln(1 + x) of that, genes in one fixed order; each
 * gene divided by its standard deviation over all sites or left as it is. The stage `autoencoder` looks at no class.
 */
export function checkInput(samples: LabelledSamples, { classes, stage }: Pick<Blueprint, 'classes' | 'stage'>): void {
  checkRows(samples.input);
  if (stage === 'head') checkLabels(samples, classes);
}

/** Columns of the network's input: genes. */
export const featuresOf = (blueprint: Pick<Blueprint, 'input'>): number => columnsOf(blueprint, name);
