import { fail } from '@consilium/shared/errors';

/** Bytes `[start, end)` of something. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a Range header with one range (RFC 9110 §14.2): `bytes=100-`, `bytes=0-99`, `bytes=-100`.
 * Null when there is none, or one of a kind that a server may ignore.
 * @throws CSM-API-RANGE when it lies outside
 */
export function readRange(header: string | undefined, bytes: number, what: string): ByteRange | null {
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return null;
  const start = from === '' ? Math.max(0, bytes - Number(to)) : Number(from);
  const end = from === '' || to === '' ? bytes : Math.min(bytes, Number(to) + 1);
  return start < end ? { start, end } : fail('CSM-API-RANGE', { bytes, what });
}
