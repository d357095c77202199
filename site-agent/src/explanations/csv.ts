/** Digits that a figure keeps: those of a float32. */
const digits = 7;

/** A table as CSV (RFC 4180): a line of names, then one a row. */
export const csvText = (header: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [header, ...rows].map((fields) => `${fields.map(field).join(',')}\n`).join('');

function field(value: string | number): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(Number(value.toPrecision(digits))) : '';
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
