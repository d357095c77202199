import type { RunEntry } from './history.js';

/** What a look at a journal found. */
export type ChainState =
  | { readonly kind: 'whole'; readonly records: number }
  | { readonly kind: 'broken'; readonly sequence: number }
  /** This browser gives a page that came without TLS no SHA-256. */
  | { readonly kind: 'unchecked' };

type Digest = (bytes: BufferSource) => Promise<ArrayBuffer>;

/** The browser's SHA-256; null where the page came neither by TLS nor from this machine. */
export const digest: Digest | null =
  globalThis.crypto?.subtle === undefined ? null : (bytes) => crypto.subtle.digest('SHA-256', bytes);

/**
 * Checks each record's hash and its link to the one before, and that the last is the head that the coordinator names.
 * @param canonical canonical JSON (RFC 8785)
 */
export async function chainState(
  entries: readonly RunEntry[],
  head: string,
  canonical: (value: unknown) => string,
  sha256: Digest | null,
): Promise<ChainState> {
  if (sha256 === null) return { kind: 'unchecked' };
  let previous: string | null = null;
  for (const [place, { chain, sequence, time, type, body, previous: link, hash }] of entries.entries()) {
    const text = canonical({ chain, sequence, time, type, body, previous: link });
    const found = hex(await sha256(new TextEncoder().encode(text)));
    if (sequence !== place || link !== previous || hash !== found) return { kind: 'broken', sequence: place };
    previous = hash;
  }
  return entries.some(({ hash }) => hash === head)
    ? { kind: 'whole', records: entries.length }
    : { kind: 'broken', sequence: entries.length };
}

const hex = (bytes: ArrayBuffer): string =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
