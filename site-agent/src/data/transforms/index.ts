export { declaredChange } from './declared.js';
export { ln, log1p, log2, log2p1, unlog2 } from './logarithms.js';
export { type Columns, eachValue, inTurn, type RowChange, type RowValues } from './row-change.js';
export { perCell, share, tpm, tpmFromFpkm } from './totals.js';
