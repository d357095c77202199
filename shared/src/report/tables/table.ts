import { stringify } from 'csv-stringify/sync';
import { type Figure, isWithheld } from '../../metrics/index.js';

/** What stands in a cell: null where a figure has no meaning, and never in place of a withheld one. */
export type Cell = string | Figure | boolean | null | undefined;

/** One table of a report. */
export interface Table<Name extends string = string> {
  readonly name: Name;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** How a withheld figure is marked. */
export const withheldMark = 'withheld';

/**
 * A table as CSV (RFC 4180) in UTF-8: a line of names, then one a row. A withheld figure is marked as such; what has no
 * meaning is empty. Text that a spreadsheet would take for a formula begins with an apostrophe.
 */
export const csvOf = ({ columns, rows }: Table): string =>
  stringify([columns, ...rows.map((row) => row.map(textOf))], { escape_formulas: true, record_delimiter: '\r\n' });

const textOf = (cell: Cell): string | number => {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'boolean') return String(cell);
  if (typeof cell !== 'object') return cell;
  return isWithheld(cell) ? withheldMark : '';
};
