/** One sample's values, changed in place; NaN is missing and stays so. */
export interface RowValues {
  readonly values: Float64Array;
  /** Which column each value is of, where the row is sparse and holds some alone; null: all columns, in order. */
  readonly columns: Int32Array | null;
}

/** A declared step from raw values to model input. It looks at one sample alone, so it is the same at every site and in every part. */
export interface RowChange {
  /** True where 0 stays 0, so that a sparse row may be changed by its entries alone. */
  readonly keepsZeros: boolean;
  readonly apply: (row: RowValues) => void;
}

/** Columns that a step is meant for. */
export type Columns = 'all' | ReadonlySet<number>;

/** Changes one after the other. */
export const inTurn = (changes: readonly RowChange[]): RowChange => ({
  keepsZeros: changes.every(({ keepsZeros }) => keepsZeros),
  apply: (row) => {
    for (const { apply } of changes) apply(row);
  },
});

/** A change of each value by itself. @param change of a known value; may give NaN: then it counts as missing */
export const eachValue = (columns: Columns, change: (value: number) => number): RowChange => ({
  keepsZeros: change(0) === 0,
  apply: (row) => {
    for (const at of meant(row, columns)) {
      const value = row.values[at]!;
      if (!Number.isNaN(value)) row.values[at] = change(value);
    }
  },
});

/** Where in a row the values lie that a step is meant for. */
export function* meant({ values, columns: present }: RowValues, columns: Columns): Generator<number> {
  for (let at = 0; at < values.length; at++) {
    if (columns === 'all' || columns.has(columnAt(present, at))) yield at;
  }
}

/** The column of a row's value. */
export const columnAt = (present: Int32Array | null, at: number): number => (present === null ? at : present[at]!);
