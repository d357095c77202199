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
