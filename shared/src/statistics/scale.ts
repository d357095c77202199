import { z } from 'zod';
import { fail } from '../errors/index.js';
import type { PreparationState } from './preparation-state.js';
import { count, finite, readJson, refuse, salt } from './reading.js';

/** Count, mean and M2 of each feature over a site's training samples; n = 0 where too few patients have a value. */
export const scaleStatistics = z.strictObject({
  format: z.literal('consilium-scale-1'),
  salt,
  n: z.array(count),
  mean: z.array(finite),
  m2: z.array(finite.min(0)),
});
export type ScaleStatistics = z.infer<typeof scaleStatistics>;

/**
 * Reads a site's scale statistics and checks them against the state that asked for them.
 * @param expected.samples the training samples that the site signed
 * @throws CSM-STATISTICS-INVALID, CSM-STATISTICS-CELL
 */
export function readScale(
  bytes: Uint8Array,
  expected: { readonly state: PreparationState; readonly samples: number; readonly minimumCell: number },
): ScaleStatistics {
  const scale = readJson(bytes, scaleStatistics);
  const features = expected.state.features.length;
  if ([scale.n, scale.mean, scale.m2].some((list) => list.length !== features)) {
    refuse('n, mean and m2 have not one entry for each feature');
  }
  for (const [index, n] of scale.n.entries()) {
    if (n > expected.samples) refuse('n is above the signed sample count');
    if (n > 0 && n < expected.minimumCell) fail('CSM-STATISTICS-CELL', { minimum: expected.minimumCell });
    if (n === 0 && (scale.mean[index] !== 0 || scale.m2[index] !== 0)) refuse('a feature without values has moments');
  }
  return scale;
}
