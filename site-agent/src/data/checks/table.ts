import type { PartName } from '../dataset.js';

/** Where a row lies, in its file and in the split. */
export interface CheckedPlace {
  readonly file: string;
  readonly line: number;
  readonly part: PartName;
}

/** A row as the checks see it. */
export interface CheckedRow extends CheckedPlace {
  /** In the order of the table's features, NaN where missing. */
  readonly values: Float32Array;
}

export interface CheckedTable {
  readonly features: readonly string[];
  readonly rows: readonly CheckedRow[];
  /** The order in which each file's header names its columns. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** The order in which the run lists the features, if it does. */
  readonly listed: readonly string[] | null;
}

/** Tables of fewer features are not looked at: their rows may well be alike by chance, or have no profile of their own. */
export const fewestFeatures = 20;

/** What is wrong with a table, as part of a sentence that anybody may read, and rows to look at, for the hospital's own eyes. */
export interface TableFault {
  readonly problem: string;
  readonly places: string;
}

/** Where a row is, for the hospital's own eyes. */
export const placeOf = ({ file, line }: Pick<CheckedPlace, 'file' | 'line'>): string => `line ${line} of ${file}`;
