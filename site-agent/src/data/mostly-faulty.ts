import { fail } from '@consilium/shared/errors';
import type { QuarantinedRow } from './dataset.js';

/**
 * Refuses a table of which more than half is faulty: what is left is hardly the cohort that was meant.
 * @param read its rows, with those that were left out for their label
 * @throws CSM-DATA-MOSTLY-FAULTY, which names the most frequent reason
 */
export function refuseMostlyFaulty(file: string, quarantine: readonly QuarantinedRow[], read: number): void {
  if (2 * quarantine.length <= read) return;
  const counts = new Map<string, number>();
  for (const { reason } of quarantine) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const [[reason] = ['']] = [...counts].sort(([, a], [, b]) => b - a);
  fail('CSM-DATA-MOSTLY-FAULTY', { file, reason });
}
