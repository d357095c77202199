import { fail } from '@consilium/shared/errors';
import type { Input } from '../family.js';

/**
 * What the network expects: one patient a row, `log2(TPM + 1)` of genes in one fixed order (or any numeric features), missing
 * values imputed, each feature scaled to mean 0 and variance 1 over all sites and limited to ±10. Nothing is scaled here: the
 * normalisation comes only after the first layer.
 */
export function checkInput({ x, y, features, classes }: Input): void {
  if (features < 1) fail('CSM-MODEL-INPUT', { problem: 'it has no feature' });
  if (x.length !== y.length * features) {
    fail('CSM-MODEL-INPUT', { problem: `${x.length} values are not ${y.length} rows of ${features} features` });
  }
  const wrong = x.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    fail('CSM-MODEL-INPUT', { problem: `feature number ${(wrong % features) + 1} is not a finite number in some row` });
  }
  if (y.some((label) => label < 0 || label >= classes)) {
    fail('CSM-MODEL-INPUT', { problem: `some label is not one of the ${classes} classes` });
  }
}
