import { fail } from '@consilium/shared/errors';
import type { FoundSample } from './assemble.js';
import type { QuarantinedRow } from './dataset.js';
import { maxValues } from './readers/index.js';
import { emptyRoll, rollCall } from './roll-call.js';
import type { RowTerms } from './row-terms.js';
import type { RowColumns, SampleTable } from './samples.js';
import { columnIndex, openTable, type Table } from './table.js';
import type { RowChange } from './transforms/index.js';
import { readNumber } from './values.js';

/** A row of a class of the run, its values read; not yet known to be numeric throughout. */
export interface Row extends FoundSample {
  /** Candidate columns in order, NaN where missing or no number. */
  readonly values: Float32Array;
  /** One bit a candidate column: set where the field was neither a number nor missing. Null: none. */
  readonly bad: Uint8Array | null;
}

export interface Rows {
  /** Candidate feature columns, in the order of `values`. */
  readonly columns: readonly string[];
  /** The order in which each file's header names its columns. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly rows: readonly Row[];
  readonly read: number;
  readonly otherLabel: number;
  readonly quarantine: readonly QuarantinedRow[];
}

/** Reads feature files one after the other; a row's label, group, patient and membership come from the sample table where it has them. */
export async function readRows(
  paths: readonly string[],
  asked: RowTerms & {
    readonly samples: SampleTable | null;
    /** Columns to read; null: every column that says nothing else. */
    readonly wanted: readonly string[] | null;
    /** The declared transforms for rows of the columns that are read. */
    readonly changeOf: (columns: readonly string[]) => RowChange | null;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Rows> {
  const roll = emptyRoll();
  const headers = new Map<string, readonly string[]>();
  const rows: Row[] = [];
  let first: { readonly file: string; readonly columns: readonly string[] } | null = null;
  let change: RowChange | null = null;

  for (const path of paths) {
    const table = await openTable(path, asked.signal);
    // A table without a header is told so before its first row is compared with another's as if it were names.
    columnIndex(table, asked.columns.id);
    const columns = candidates(table, asked.columns, asked.wanted);
    if (first === null) {
      first = { file: table.file, columns };
      change = asked.changeOf(columns);
    } else refuseDifference(first, { file: table.file, columns });
    headers.set(table.file, table.columns);
    const indices = new Map(table.columns.map((column, index) => [column, index]));
    const at = first.columns.map((column) => indices.get(column) ?? -1);
    for await (const { sample, fields } of rollCall(table, asked, roll)) {
      if ((rows.length + 1) * at.length > maxValues)
        fail('CSM-DATA-LARGE', { file: table.file, limit: `${maxValues} numbers` });
      rows.push({ ...sample, ...readValues(fields, at, change) });
    }
  }
  const { read, otherLabel, quarantine } = roll;
  return { columns: first?.columns ?? [], headers, rows, read, otherLabel, quarantine };
}

/** Columns that may be features. Wanted ones that the table lacks are left out here and counted later. */
function candidates(table: Table, columns: RowColumns, wanted: readonly string[] | null): readonly string[] {
  const present = new Set(table.columns);
  if (wanted !== null) return wanted.filter((column) => present.has(column));
  const reserved = new Set([columns.id, columns.patient, columns.label, columns.group, columns.only?.column, '']);
  return table.columns.filter((column) => !reserved.has(column)).sort();
}

function refuseDifference(
  first: { readonly file: string; readonly columns: readonly string[] },
  next: { readonly file: string; readonly columns: readonly string[] },
): void {
  const [a, b] = [new Set(first.columns), new Set(next.columns)];
  const lacking = first.columns.find((column) => !b.has(column));
  const extra = next.columns.find((column) => !a.has(column));
  if (lacking !== undefined) fail('CSM-DATA-COLUMNS-DIFFER', { file: next.file, other: first.file, column: lacking });
  if (extra !== undefined) fail('CSM-DATA-COLUMNS-DIFFER', { file: first.file, other: next.file, column: extra });
}

/** Values in float64 through the declared transforms, kept as float32. */
function readValues(
  fields: readonly string[],
  at: readonly number[],
  change: RowChange | null,
): Pick<Row, 'values' | 'bad'> {
  const exact = new Float64Array(at.length);
  let bad: Uint8Array | null = null;
  const setBad = (column: number): void => {
    bad ??= new Uint8Array(Math.ceil(at.length / 8));
    bad[column >> 3]! |= 1 << (column & 7);
  };
  for (let column = 0; column < at.length; column++) {
    const raw = readNumber(fields[at[column]!] ?? '');
    if (raw === null) setBad(column);
    exact[column] = raw ?? Number.NaN;
  }
  change?.apply({ values: exact, columns: null });
  const values = Float32Array.from(exact);
  for (let column = 0; column < at.length; column++) {
    if (Math.abs(values[column]!) !== Infinity) continue;
    setBad(column);
    values[column] = Number.NaN;
  }
  return { values, bad };
}

export const isBad = (row: Row, column: number): boolean =>
  row.bad !== null && ((row.bad[column >> 3] ?? 0) & (1 << (column & 7))) !== 0;
