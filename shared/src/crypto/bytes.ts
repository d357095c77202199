/** Bytes as base64url without padding. */
export const toText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');

/**
 * Bytes of a base64url text of exactly `length` bytes, or null. Only the canonical text is read: a key or a proof
 * has one spelling, so that two spellings of one key can never pass for two keys.
 */
export function fromText(text: string, length: number): Uint8Array | null {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === length && bytes.toString('base64url') === text ? new Uint8Array(bytes) : null;
}

/** Joins byte strings. */
export const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** Where random bytes come from; `node:crypto`'s `randomBytes` unless a test says otherwise. */
export type Random = (bytes: number) => Uint8Array;
