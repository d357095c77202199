const missingWords = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '?', '.']);

/** True for an empty field and the words that tables use for "not measured". */
export const isMissing = (text: string): boolean => missingWords.has(text.trim().toLowerCase());

/** A field as a number; NaN when missing; null when it is neither a number nor missing. */
export function readNumber(text: string): number | null {
  const value = Number(text);
  // Number() takes an empty text for 0 and knows 0x10 and Infinity; a table means none of these.
  const whole = Number.isInteger(value);
  const foreign = whole && ((value === 0 && text.trim() === '') || /^\s*0[box]/i.test(text));
  if (Number.isFinite(value) && !foreign) return value;
  return isMissing(text) ? Number.NaN : null;
}
