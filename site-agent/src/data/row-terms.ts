import { type GroupReader, groupReader, type LabelReader, labelReader } from './labels.js';
import type { RowColumns } from './samples.js';
import type { DataSource } from './source.js';

/** How a site's rows are told: by which columns, and what their label and group count as. */
export interface RowTerms {
  readonly columns: RowColumns;
  readonly labelOf: LabelReader;
  readonly groupOf: GroupReader;
}

/** What a contract says of rows, whatever kind of data they are. */
export function rowTerms(source: DataSource): RowTerms {
  const { contract, labels = 'required', rows: only } = source;
  const { data, validation } = contract.runFile;
  const { id, patient, label, group } = data;
  const subgroups = (validation.subgroups ?? []).map(({ column }) => column);
  return {
    columns: { id, patient, label, group, labels, subgroups, only },
    labelOf: labelReader(source),
    groupOf: groupReader(source),
  };
}
