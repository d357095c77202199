import { base64urlnopad } from '@scure/base';

/** Bytes as base64url without padding. */
export const toText = (bytes: Uint8Array): string => base64urlnopad.encode(new Uint8Array(bytes));

/** Bytes of a base64url text without padding, or null. Only the canonical text of some bytes is read. */
export function readText(text: string): Uint8Array | null {
  try {
    return base64urlnopad.decode(text);
  } catch {
    return null;
  }
}

/**
 * Bytes of a base64url text of exactly `length` bytes, or null: a key or a proof has one spelling, so that two
 * spellings of one key can never pass for two keys.
 */
export function fromText(text: string, length: number): Uint8Array | null {
  const bytes = readText(text);
  return bytes?.length === length ? bytes : null;
}

const encoder = new TextEncoder();

export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** Joins byte strings. */
export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Where random bytes come from; the operating system unless a test says otherwise. */
export type Random = (bytes: number) => Uint8Array;
