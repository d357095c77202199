import { fail } from '../errors/index.js';
import type { BlobHash } from '../ids.js';
import {
  type JournalHead,
  type JournalRecord,
  journalDomain,
  recordHash,
  signedBytes,
  type VerifyJournal,
} from './record.js';

export interface ChainExpectations {
  readonly verify: VerifyJournal;
  /** The chain must end with the record of this hash; null: it must be empty. */
  readonly expectedHead?: BlobHash | null;
  /** A record seen at another time that must lie on the chain: its absence means that history was rewritten. */
  readonly witnessed?: JournalHead;
}

export interface VerifiedChain {
  readonly head: JournalHead | null;
  readonly records: number;
}

/**
 * Checks a whole chain in one pass, in constant memory: order, links, hashes, signatures and where it ends.
 * The error names the first bad place.
 * @throws CSM-JOURNAL-CHAIN, -ORDER, -LINK, -ALTERED, -SIGNATURE, -TRUNCATED, -REWRITTEN
 */
export async function verifyChain(
  records: AsyncIterable<JournalRecord> | Iterable<JournalRecord>,
  { verify, expectedHead, witnessed }: ChainExpectations,
): Promise<VerifiedChain> {
  let first: JournalRecord | null = null;
  let last: JournalRecord | null = null;
  for await (const record of records) {
    first ??= record;
    verifyNext(last, record, { chain: first.chain, verify });
    if (witnessed?.sequence === record.sequence && witnessed.hash !== record.hash) {
      fail('CSM-JOURNAL-REWRITTEN', { chain: record.chain, sequence: record.sequence });
    }
    last = record;
  }
  const chain = first?.chain ?? '';
  const count = last === null ? 0 : last.sequence + 1;
  if (witnessed !== undefined && witnessed.sequence >= count) fail('CSM-JOURNAL-TRUNCATED', { chain, records: count });
  if (expectedHead !== undefined && expectedHead !== (last?.hash ?? null)) {
    fail('CSM-JOURNAL-TRUNCATED', { chain, records: count });
  }
  return { head: last === null ? null : { sequence: last.sequence, hash: last.hash }, records: count };
}

/**
 * Checks that a record follows another (null: begins the chain).
 * @throws CSM-JOURNAL-CHAIN, -ORDER, -LINK, -ALTERED, -SIGNATURE
 */
export function verifyNext(
  previous: JournalHead | null,
  record: JournalRecord,
  { chain, verify }: { readonly chain: string; readonly verify: VerifyJournal },
): void {
  const sequence = previous === null ? 0 : previous.sequence + 1;
  if (record.chain !== chain) fail('CSM-JOURNAL-CHAIN', { chain, found: record.chain, sequence });
  if (record.sequence !== sequence) fail('CSM-JOURNAL-ORDER', { chain, sequence, found: record.sequence });
  if (record.previous !== (previous?.hash ?? null)) fail('CSM-JOURNAL-LINK', { chain, sequence });
  if (record.hash !== recordHash(record)) fail('CSM-JOURNAL-ALTERED', { chain, sequence });
  if (!verify(journalDomain, signedBytes(record), record.signature, record))
    fail('CSM-JOURNAL-SIGNATURE', { chain, sequence });
}
