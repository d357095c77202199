import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { BlobHash } from './ids.js';

// The package is CommonJS: its function arrives as the module or as `default`, by the loader.
const serialise = canonicalize as unknown as (value: unknown) => string | undefined;

/** Canonical JSON (RFC 8785) as UTF-8 bytes: the one byte form of anything that is hashed or signed. */
export function canonicalBytes(value: unknown): Uint8Array {
  const text = serialise(value);
  if (text === undefined) throw new TypeError('canonicalBytes: the value has no JSON form');
  return Buffer.from(text, 'utf8');
}

/** SHA-256 in hex. */
export function sha256(bytes: Uint8Array): BlobHash {
  return createHash('sha256').update(bytes).digest('hex') as BlobHash;
}

/** SHA-256 of a value's canonical JSON. */
export const canonicalHash = (value: unknown): BlobHash => sha256(canonicalBytes(value));
