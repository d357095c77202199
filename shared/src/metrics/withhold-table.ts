import type { Confusion } from './confusion.js';
import { undetermined } from './margin-audit.js';
import { tooFew, withholdLine } from './withhold-line.js';

/** What is withheld of a confusion matrix and its totals. */
export interface TableMask {
  readonly cells: readonly (readonly boolean[])[];
  /** Totals of true classes. */
  readonly rows: readonly boolean[];
  /** Totals of predicted classes. */
  readonly columns: readonly boolean[];
  /** Whether the share of right answers would itself give a withheld cell away. */
  readonly overall: boolean;
}

export interface TablePatients {
  readonly cells: Confusion;
  readonly rows: readonly number[];
  readonly columns: readonly number[];
}

/** Past this many classes the audit of column totals is not worth its time; they are withheld instead. */
const largestAudit = 64;

/**
 * Decides what of a confusion matrix may be shown, given that n and the accuracy are shown beside it.
 *
 * Whatever counts 1 to minimumCell − 1 patients is withheld, and as much besides that none of these counts follows
 * from the shown ones by sums, nor from the knowledge that counts are not negative:
 * - a class of too few patients loses its whole row, with at least one other (see withholdLine);
 * - a row with a small cell off the diagonal loses all its small cells there, zeros among them, so that nobody can tell
 *   which is which; the row's recall can still be shown;
 * - a withheld cell on the diagonal takes its row along and has a second such row beside it, or else the accuracy tells it;
 * - column totals are shown only if every withheld cell could still be another number (margin-audit);
 * - where every answer is the same class, as a baseline's is, the share of right answers is that class's share of all: it goes with it.
 *
 * Not covered: searching for tables that reproduce several rounded overall figures (MCC, F1) at once. Those speak of all
 * patients together; releasing them is what a report is for.
 */
export function withholdTable(samples: Confusion, patients: TablePatients, minimumCell: number): TableMask {
  const classes = samples.length;
  const few = (count: number) => tooFew(count, minimumCell);
  const rows = withholdLine(patients.rows, minimumCell);
  const cells = samples.map((_, row) => new Array<boolean>(classes).fill(rows[row]!));
  const wholeRow = rows.slice();
  const loseRow = (row: number) => {
    wholeRow[row] = true;
    cells[row]!.fill(true);
  };

  for (let row = 0; row < classes; row++) {
    if (wholeRow[row]) continue;
    const own = patients.cells[row]!;
    if (few(own[row]!)) {
      loseRow(row);
      continue;
    }
    const off = own.map((count, column) => ({ count, column })).filter(({ column }) => column !== row);
    if (!off.some(({ count }) => few(count))) continue;
    if (off.length < 2) {
      loseRow(row);
      continue;
    }
    const small = off.filter(({ count }) => count < minimumCell);
    const cover = small.length > 1 ? small : off.sort((a, b) => a.count - b.count).slice(0, 2);
    for (const { column } of cover) cells[row]![column] = true;
  }

  let overall = false;
  if (wholeRow.filter(Boolean).length === 1) {
    const partner = patients.rows
      .map((count, row) => ({ count, row }))
      .filter(({ count, row }) => count > 0 && !wholeRow[row])
      .sort((a, b) => a.count - b.count || a.row - b.row)[0];
    if (partner) loseRow(partner.row);
    else overall = true;
  }

  const answered = [...samples.keys()].filter((column) => samples.some((row) => row[column]! > 0));
  if (answered.length === 1 && rows[answered[0]!]) overall = true;

  const columnsTell =
    wholeRow.some(Boolean) || patients.columns.some(few) || classes > largestAudit || !undetermined(samples, cells);
  const columns = samples.map((_, column) => columnsTell && cells.some((row) => row[column]!));
  return { cells, rows, columns, overall };
}
