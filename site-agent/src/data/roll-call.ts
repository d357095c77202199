import { fail } from '@consilium/shared/errors';
import type { FoundSample } from './assemble.js';
import type { QuarantinedRow, QuarantineReason } from './dataset.js';
import type { RowTerms } from './row-terms.js';
import { factsReader, type RowColumns, type RowFacts, type SampleTable } from './samples.js';
import { columnIndex, type Table } from './table.js';
import { isMissing } from './values.js';

/** What has been found while the tables of a site were gone through. */
export interface Roll {
  /** Ids that have been there. */
  readonly seen: Set<string>;
  readonly quarantine: QuarantinedRow[];
  read: number;
  /** Of another class or group than the run looks at. */
  otherLabel: number;
}

export const emptyRoll = (): Roll => ({ seen: new Set(), quarantine: [], read: 0, otherLabel: 0 });

/** A row that is a sample of this site. */
export interface CalledRow {
  readonly sample: FoundSample;
  readonly fields: readonly string[];
  /** Its place in the table, from 0, rows of other sites and faulty ones counted. */
  readonly place: number;
}

interface Asked extends RowTerms {
  readonly samples: SampleTable | null;
}

/**
 * Goes through a table and gives the rows that are samples of this site; what is not goes into the roll. A row's label, group,
 * patient and membership come from the sample table where it has them.
 * @throws CSM-DATA-COLUMN and the faults of tables
 */
export async function* rollCall(
  table: Table,
  { columns, samples, labelOf, groupOf }: Asked,
  roll: Roll,
): AsyncGenerator<CalledRow> {
  const { file } = table;
  const at = columnIndex(table, columns.id);
  const factsOf = joined(table, columns, samples);
  let place = -1;
  for await (const { fields, line } of table.rows) {
    place += 1;
    const id = fields[at]?.trim() ?? '';
    const facts = factsOf(id, fields);
    if (facts === 'other site') continue;
    roll.read += 1;
    const reason = faultOf(fields.length === table.columns.length, id, roll.seen, facts);
    if (reason !== null || typeof facts === 'string') {
      roll.quarantine.push({ file, line, reason: reason ?? 'no entry in the sample table' });
      continue;
    }
    const label = labelOf(facts.label);
    const group = groupOf(facts.group);
    // Whether a row of another group has a label is no matter.
    if (label === 'no label' && group !== 'other group') {
      roll.quarantine.push({ file, line, reason: label });
      continue;
    }
    roll.seen.add(id);
    if (typeof label === 'string' || typeof group === 'string') roll.otherLabel += 1;
    else {
      const { stated } = facts;
      yield { sample: { id, patient: facts.patient ?? id, label, group, stated, file, line }, fields, place };
    }
  }
}

/** Refuses tables in which nobody is a sample of this site. @throws CSM-DATA-EMPTY, CSM-DATA-NO-ROWS */
export function refuseNobody(
  found: number,
  { read, otherLabel }: Pick<Roll, 'read' | 'otherLabel'>,
  { file, columns }: { readonly file: string; readonly columns: RowColumns },
): void {
  if (read === 0) {
    if (columns.only === undefined) fail('CSM-DATA-EMPTY', { file });
    fail('CSM-DATA-NO-ROWS', { file, why: 'none is of this site by data.rows of its site.yaml' });
  }
  if (found > 0) return;
  if (otherLabel === 0) fail('CSM-DATA-NO-ROWS', { file, why: 'every row is faulty' });
  const groups = columns.group === undefined ? '' : `, with a group in column ${columns.group} that it looks at`;
  fail('CSM-DATA-NO-ROWS', { file, why: `no label in column ${columns.label} is a class of the run${groups}` });
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
  const told = columns.labels === 'optional' ? [] : [columns.label, columns.group];
  for (const column of [...told, columns.patient, columns.only?.column]) {
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
    return {
      patient: pick(there.patient, here.patient),
      label: pick(there.label, here.label),
      group: pick(there.group, here.group),
      stated: there.stated.map((value, index) => pick(value, here.stated[index])),
      ours: true,
    };
  };
}

function faultOf(whole: boolean, id: string, seen: ReadonlySet<string>, facts: Joined): QuarantineReason | null {
  if (!whole) return 'ragged row';
  if (isMissing(id)) return 'no id';
  if (seen.has(id)) return 'id twice';
  return facts === 'id twice' || facts === 'no entry in the sample table' ? facts : null;
}
