import { type Columns, eachValue, type RowChange } from './row-change.js';

/** ln(1 + x); x below 0 counts as missing. */
export const log1p = (columns: Columns): RowChange => eachValue(columns, fromZero(Math.log1p));

/** log2(1 + x); x below 0 counts as missing. */
export const log2p1 = (columns: Columns): RowChange =>
  eachValue(
    columns,
    fromZero((x) => Math.log1p(x) / Math.LN2),
  );

/** log2(x); 0 and below count as missing. */
export const log2 = (columns: Columns): RowChange => eachValue(columns, (x) => (x > 0 ? Math.log2(x) : Number.NaN));

/**
 * ln of x, or of `floor` where x is below it; x below 0 counts as missing. The floor gives a share of 0 a place below all that was
 * measured: left at 0 it would stand where a share of 1 stands.
 * @param floor above 0
 */
export const ln = (columns: Columns, floor: number): RowChange =>
  eachValue(
    columns,
    fromZero((x) => Math.log(Math.max(x, floor))),
  );

/**
 * 2ˣ − minus: takes log2(value + minus) back, as public tables of TPM hold it. What rounding has put below 0 becomes 0.
 * @param minus 0 or above
 */
export const unlog2 = (columns: Columns, minus: number): RowChange =>
  eachValue(columns, (x) => Math.max(0, 2 ** x - minus));

const fromZero =
  (change: (value: number) => number) =>
  (value: number): number =>
    value < 0 ? Number.NaN : change(value);
