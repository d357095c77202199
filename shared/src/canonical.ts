import { hex } from '@scure/base';
import canonicalize from 'canonicalize';
import { sha256 as digest } from '#primitives';
import type { BlobHash } from './ids.js';

// The package is CommonJS: its function arrives as the module or as `default`, by the loader.
const serialise = canonicalize as unknown as (value: unknown) => string | undefined;

const encoder = new TextEncoder();

/** Canonical JSON (RFC 8785) as UTF-8 bytes: the one byte form of anything that is hashed or signed. */
export function canonicalBytes(value: unknown): Uint8Array {
  const text = serialise(value);
  if (text === undefined) throw new TypeError('canonicalBytes: the value has no JSON form');
  return encoder.encode(text);
}

/** SHA-256 in hex. */
export function sha256(bytes: Uint8Array): BlobHash {
  return hex.encode(digest(bytes)) as BlobHash;
}

/** SHA-256 of a value's canonical JSON. */
export const canonicalHash = (value: unknown): BlobHash => sha256(canonicalBytes(value));
