import type { DataSource } from './source.js';

/** What a row's label counts as: its class's index, −1 where it is not known and need not be, or why the row is no sample. */
export type LabelReader = (label: string | null | undefined) => number | 'no label' | 'other label';

/** Reads labels by the run's classes. Where they are optional, a label that is missing or of another class is as good as none. */
export function labelReader({ contract, labels = 'required' }: Pick<DataSource, 'contract' | 'labels'>): LabelReader {
  const classes = new Map(contract.runFile.model.classes.map((name, index) => [name, index]));
  return (label) => {
    const known = classes.get(label ?? '');
    if (known !== undefined) return known;
    if (labels === 'optional') return -1;
    return (label ?? null) === null ? 'no label' : 'other label';
  };
}

/** What a row's group counts as: its index, −1 where it is not known and need not be, or that the run does not look at it. */
export type GroupReader = (group: string | null | undefined) => number | 'other group';

/** Reads groups by those of the run; where labels are optional so are groups. A row without one is of another group. */
export function groupReader({ contract, labels = 'required' }: Pick<DataSource, 'contract' | 'labels'>): GroupReader {
  const { groups } = contract.runFile.data;
  const known = new Map(groups?.map((name, index) => [name, index]));
  const other = groups === undefined || labels === 'optional' ? -1 : 'other group';
  return (group) => known.get(group ?? '') ?? other;
}
