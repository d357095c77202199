import { type Columns, columnAt, meant, type RowChange, type RowValues } from './row-change.js';

/**
 * Each value's share of its sample's total over these columns; they add up to 1. Values below 0 count as missing, and missing
 * ones are not in the total; where that is 0 there are no shares, and all are missing.
 */
export const share = (columns: Columns): RowChange => ({
  keepsZeros: true,
  apply: (row) => bringTo(1, row, columns, Number.NaN),
});

/**
 * Each value's share of its sample's total over all columns, times `total`: single cells differ in depth, which is no biology.
 * A cell of which nothing was read stays 0.
 * @param total what each cell's values add up to afterwards, above 0; 10,000 is usual
 */
export const perCell = (total: number): RowChange => ({
  keepsZeros: true,
  apply: (row) => bringTo(total, row, 'all', 0),
});

/**
 * Read counts to transcripts per million: counts by length, brought to a total of 10⁶ (Wagner, Kin and Lynch 2012, Theory Biosci.
 * 131:281). The total must be that of all genes: of a panel it is another.
 * @param lengths effective length of each column's gene; NaN or not above 0: not known, its value counts as missing
 */
export const tpm = (lengths: ArrayLike<number>): RowChange => ({
  keepsZeros: true,
  apply: (row) => {
    for (const at of meant(row, 'all')) {
      const length = lengths[columnAt(row.columns, at)] ?? Number.NaN;
      row.values[at] = length > 0 ? row.values[at]! / length : Number.NaN;
    }
    bringTo(perMillion, row, 'all', Number.NaN);
  },
});

/** FPKM to TPM: brought to a total of 10⁶. The total must be that of all genes. */
export const tpmFromFpkm = (): RowChange => ({
  keepsZeros: true,
  apply: (row) => bringTo(perMillion, row, 'all', Number.NaN),
});

const perMillion = 1e6;

/** Multiplies a sample's values so that the known ones add up to `total`. @param empty what they become where they add up to 0 */
function bringTo(total: number, row: RowValues, columns: Columns, empty: number): void {
  const { values } = row;
  let sum = 0;
  for (const at of meant(row, columns)) {
    if (values[at]! < 0) values[at] = Number.NaN;
    if (!Number.isNaN(values[at])) sum += values[at]!;
  }
  for (const at of meant(row, columns)) {
    if (!Number.isNaN(values[at])) values[at] = sum > 0 ? (values[at]! / sum) * total : empty;
  }
}
