import { fail } from '@consilium/shared/errors';
import { columnOrderFault } from './column-order.js';
import { duplicateRowFault } from './duplicate-rows.js';
import type { CheckedTable } from './table.js';

export type { CheckedRow, CheckedTable } from './table.js';

/**
 * Refuses a table whose figures would mean nothing: one whose rows stand in more than one part of the split, or in which values lie under
 * the names of other features. Both have happened in published tables, and neither shows in a loss.
 * @param file what the error calls the table
 * @throws CSM-DATA-UNTRUSTED, which names all that is wrong, by lines and never by values
 */
export function refuseUntrusted(file: string, table: CheckedTable): void {
  const problems = [duplicateRowFault(table), columnOrderFault(table)].filter((problem) => problem !== null);
  if (problems.length > 0) fail('CSM-DATA-UNTRUSTED', { file, problems: problems.join('; and ') });
}
