import { fail } from '@consilium/shared/errors';
import type { QuarantinedRow, QuarantineReason } from './dataset.js';
import type { LabelReader } from './labels.js';
import { factsReader, type RowColumns, type RowFacts, type SampleTable } from './samples.js';
import { columnIndex, openTable, type Table } from './table.js';
import type { RowChange } from './transforms/index.js';
import { isMissing, readNumber } from './values.js';

/** A row of a class of the run, its values read; not yet known to be numeric throughout. */
export interface Row {
  readonly id: string;
  readonly patient: string;
  /** Class index; −1 where it is not known and need not be. */
  readonly label: number;
  /** Candidate columns in order, NaN where missing or no number. */
  readonly values: Float32Array;
  /** One bit a candidate column: set where the field was neither a number nor missing. Null: none. */
  readonly bad: Uint8Array | null;
  readonly file: string;
  readonly line: number;
}

export interface Rows {
  /** Candidate feature columns, in the order of `values`. */
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  readonly read: number;
  readonly otherLabel: number;
  readonly quarantine: readonly QuarantinedRow[];
}

/** Reads feature files one after the other; a row's label, patient and membership come from the sample table where it has them. */
export async function readRows(
  paths: readonly string[],
  asked: {
    readonly columns: RowColumns;
    readonly samples: SampleTable | null;
    /** Columns to read; null: every column that says nothing else. */
    readonly wanted: readonly string[] | null;
    readonly labelOf: LabelReader;
    /** The declared transforms for rows of the columns that are read. */
    readonly changeOf: (columns: readonly string[]) => RowChange | null;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Rows> {
  const seen = new Set<string>();
  const rows: Row[] = [];
  const quarantine: QuarantinedRow[] = [];
  let first: { readonly file: string; readonly columns: readonly string[] } | null = null;
  let change: RowChange | null = null;
  let read = 0;
  let otherLabel = 0;

  for (const path of paths) {
    const table = await openTable(path, asked.signal);
    const columns = candidates(table, asked.columns, asked.wanted);
    if (first === null) {
      first = { file: table.file, columns };
      change = asked.changeOf(columns);
    } else refuseDifference(first, { file: table.file, columns });
    const indices = new Map(table.columns.map((column, index) => [column, index]));
    const at = first.columns.map((column) => indices.get(column) ?? -1);
    const id = columnIndex(table, asked.columns.id);
    const factsOf = joined(table, asked.columns, asked.samples);

    for await (const { fields, line } of table.rows) {
      const key = fields[id]?.trim() ?? '';
      const facts = factsOf(key, fields);
      if (facts === 'other site') continue;
      read += 1;
      const reason = faultOf(fields.length === table.columns.length, key, seen, facts);
      if (reason !== null || typeof facts === 'string') {
        quarantine.push({ file: table.file, line, reason: reason ?? 'no entry in the sample table' });
        continue;
      }
      const label = asked.labelOf(facts.label);
      if (label === 'no label') {
        quarantine.push({ file: table.file, line, reason: label });
        continue;
      }
      seen.add(key);
      if (label === 'other label') otherLabel += 1;
      else
        rows.push({
          id: key,
          patient: facts.patient ?? key,
          label,
          ...readValues(fields, at, change),
          file: table.file,
          line,
        });
    }
  }
  return { columns: first?.columns ?? [], rows, read, otherLabel, quarantine };
}

/** Columns that may be features. Wanted ones that the table lacks are left out here and counted later. */
function candidates(table: Table, columns: RowColumns, wanted: readonly string[] | null): readonly string[] {
  const present = new Set(table.columns);
  if (wanted !== null) return wanted.filter((column) => present.has(column));
  const reserved = new Set([columns.id, columns.patient, columns.label, columns.only?.column, '']);
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

type Joined = RowFacts | 'other site' | 'id twice' | 'no entry in the sample table';

/** What both tables together say of a row; the sample table's word counts first. */
function joined(
  table: Table,
  columns: RowColumns,
  samples: SampleTable | null,
): (id: string, fields: readonly string[]) => Joined {
  // One that neither table has is looked for in the sample table first, as facts are.
  const { file } = samples ?? table;
  const both = { file, columns: [...(samples?.columns ?? []), ...table.columns] };
  const label = columns.labels === 'optional' ? undefined : columns.label;
  for (const column of [label, columns.patient, columns.only?.column]) {
    if (column !== undefined) columnIndex(both, column);
  }
  const onlyInSamples = columns.only !== undefined && samples?.columns.includes(columns.only.column);
  const factsHere = factsReader(table, columns);
  return (id, fields) => {
    const here = factsHere(fields);
    if (samples === null) return here.ours === false ? 'other site' : here;
    const there = samples.find(id);
    // Without an entry in the table that says whose a row is, it is nobody's.
    if (there === undefined && onlyInSamples) return 'other site';
    const ours = (typeof there === 'object' ? there.ours : undefined) ?? here.ours;
    if (ours === false) return 'other site';
    if (there === undefined) return columns.labels === 'optional' ? here : 'no entry in the sample table';
    if (there === 'twice') return 'id twice';
    const pick = (a: string | null | undefined, b: string | null | undefined) => (a === undefined ? b : a);
    return { patient: pick(there.patient, here.patient), label: pick(there.label, here.label), ours: true };
  };
}

function faultOf(whole: boolean, id: string, seen: ReadonlySet<string>, facts: Joined): QuarantineReason | null {
  if (!whole) return 'ragged row';
  if (isMissing(id)) return 'no id';
  if (seen.has(id)) return 'id twice';
  return facts === 'id twice' || facts === 'no entry in the sample table' ? facts : null;
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
