import type { Sealed } from './records.js';

/** Where a chain stands: the next record's number, and the hash that it must name as the one before. */
export interface Link {
  readonly sequence: number;
  readonly previous: string | null;
}

export const chainStart: Link = { sequence: 0, previous: null };

export type Digest = (bytes: BufferSource) => Promise<ArrayBuffer>;

/** The browser's SHA-256; null where the page came neither by TLS nor from this machine. */
export const digest: Digest | null =
  globalThis.crypto?.subtle === undefined ? null : (bytes) => crypto.subtle.digest('SHA-256', bytes);

/**
 * Checks the hash of each record and its link to the one before.
 * @param canonical canonical JSON (RFC 8785)
 * @returns where the chain stands after them, or the number of the first record that does not hold
 */
export async function followChain(
  chain: string,
  records: readonly Sealed[],
  link: Link,
  canonical: (value: unknown) => string,
  sha256: Digest,
): Promise<Link | { readonly brokenAt: number }> {
  let { sequence: place, previous } = link;
  for (const { sequence, time, type, body, previous: named, hash } of records) {
    const text = canonical({ chain, sequence, time, type, body, previous: named });
    const found = hex(await sha256(new TextEncoder().encode(text)));
    if (sequence !== place || named !== previous || hash !== found) return { brokenAt: place };
    previous = hash;
    place += 1;
  }
  return { sequence: place, previous };
}

const hex = (bytes: ArrayBuffer): string =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
