import { fail } from '@consilium/shared/errors';
import { columnOrderFault } from './column-order.js';
import { duplicateRowFault, type TellingRow, tellingValues } from './duplicate-rows.js';
import type { CheckedTable, TableFault } from './table.js';

export { type TellingRow, tellingEntries, tellingValues } from './duplicate-rows.js';
export type { CheckedRow, CheckedTable } from './table.js';

/**
 * Refuses a table whose figures would mean nothing: one whose rows stand in more than one part of the split, or in which values lie under
 * the names of other features. Both have happened in published tables, and neither shows in a loss.
 * @param file what the error calls the table
 * @throws CSM-DATA-UNTRUSTED, which names all that is wrong, by lines and never by values
 */
export function refuseUntrusted(file: string, table: CheckedTable): void {
  const rows = table.rows.map(({ values, ...row }) => ({ ...row, telling: tellingValues(values) }));
  refuse(file, [duplicateRowFault(rows), columnOrderFault(table)]);
}

/**
 * Refuses cells that stand in more than one part of the split. Their genes are named in each file, so there is no order to mistake.
 * @throws CSM-DATA-UNTRUSTED
 */
export function refuseCopies(file: string, rows: Iterable<TellingRow>): void {
  refuse(file, [duplicateRowFault(rows)]);
}

function refuse(file: string, looked: readonly (TableFault | null)[]): void {
  const faults = looked.filter((fault) => fault !== null);
  if (faults.length === 0) return;
  const problems = faults.map(({ problem }) => problem).join('; and ');
  fail('CSM-DATA-UNTRUSTED', { file, problems, places: faults.map(({ places }) => places).join('; ') });
}
