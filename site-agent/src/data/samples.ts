import { columnIndex, openTable, type Table } from './table.js';
import { isMissing } from './values.js';

/** Columns that say whose a row is and what it is; each lies in the sample table or, failing that, in the feature table. */
export interface RowColumns {
  readonly id: string;
  readonly patient: string | undefined;
  readonly label: string;
  /** Of which group a row is, where the run looks at groups. */
  readonly group: string | undefined;
  /** `optional`: no table need have the columns of label and group. */
  readonly labels: 'required' | 'optional';
  /** Columns by which the run tells subgroups; a table need not have them. */
  readonly subgroups: readonly string[];
  /** Serves one folder for several sites: only rows with this value are this site's. */
  readonly only: { readonly column: string; readonly equals: string } | undefined;
}

/** What a table says of one row. Undefined: the table has no such column. Null: the field is empty. */
export interface RowFacts {
  readonly patient: string | null | undefined;
  readonly label: string | null | undefined;
  readonly group: string | null | undefined;
  /** By column of subgroups. */
  readonly stated: readonly StatedValue[];
  readonly ours: boolean | undefined;
}

/** What a table says of a row in a column that it need not have. */
export type StatedValue = string | null | undefined;

export interface SampleTable {
  readonly file: string;
  readonly columns: readonly string[];
  /** `twice`: the table names the sample more than once, with different facts. Where these are subgroups alone, it states none of them. */
  readonly find: (id: string) => RowFacts | 'twice' | undefined;
}

/** Reads the sample table into memory: ids, patients, labels, groups, subgroups and membership, nothing else of it. */
export async function readSamples(path: string, columns: RowColumns, signal?: AbortSignal): Promise<SampleTable> {
  const table = await openTable(path, signal);
  const id = columnIndex(table, columns.id);
  const readFacts = factsReader(table, columns);
  const found = new Map<string, RowFacts | 'twice'>();
  for await (const { fields } of table.rows) {
    const key = fields[id]?.trim() ?? '';
    if (isMissing(key) || fields.length !== table.columns.length) continue;
    const facts = readFacts(fields);
    const before = found.get(key);
    found.set(key, before === undefined ? facts : both(before, facts));
  }
  return { file: table.file, columns: table.columns, find: (key) => found.get(key) };
}

/** Reads the facts that a table holds from its rows. */
export function factsReader(
  table: Pick<Table, 'columns'>,
  columns: RowColumns,
): (fields: readonly string[]) => RowFacts {
  const at = (column: string | undefined): number => (column === undefined ? -1 : table.columns.indexOf(column));
  const [patient, label, group] = [at(columns.patient), at(columns.label), at(columns.group)];
  const stated = columns.subgroups.map(at);
  const only = at(columns.only?.column);
  const text = (fields: readonly string[], index: number): string | null | undefined => {
    if (index < 0) return undefined;
    const field = fields[index]?.trim() ?? '';
    return isMissing(field) ? null : field;
  };
  return (fields) => ({
    patient: text(fields, patient),
    label: text(fields, label),
    group: text(fields, group),
    stated: stated.map((index) => text(fields, index)),
    ours: only < 0 ? undefined : fields[only]?.trim() === columns.only?.equals,
  });
}

/** What two rows of one sample say together. */
function both(a: RowFacts | 'twice', b: RowFacts): RowFacts | 'twice' {
  if (a === 'twice') return a;
  const same = a.patient === b.patient && a.label === b.label && a.group === b.group && a.ours === b.ours;
  return same ? { ...b, stated: b.stated.map((value, index) => (value === a.stated[index] ? value : null)) } : 'twice';
}
