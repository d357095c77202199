import { z } from 'zod';
import { canonicalHash } from '../canonical.js';
import { blobHash, type Signature, signature } from '../ids.js';

/** Signatures over journal records are made under this domain; the signed bytes are the 32 bytes of the record's hash. */
export const journalDomain = 'consilium-journal-1';

/** One entry of a hash-chained, signed journal. */
export const journalRecord = z.strictObject({
  /** The chain it belongs to: `consortium`, or one of a run. */
  chain: z.string().min(1).max(128),
  /** Place in the chain, from 0. */
  sequence: z.int().min(0),
  /** ISO 8601, UTC. A label for people: order comes from the sequence alone. */
  time: z.iso.datetime(),
  type: z.string().min(1).max(64),
  /** Any JSON; its shape is the caller's. Kept as it is, since the hash is over it. */
  body: z.unknown().refine((body) => body !== undefined, 'a body'),
  /** Hash of the record before; null for the first. */
  previous: blobHash.nullable(),
  /** SHA-256 of the canonical JSON of all fields above. */
  hash: blobHash,
  signature,
});

/** A record whose body the caller knows. */
export type JournalRecord<Body = unknown> = Readonly<Omit<z.output<typeof journalRecord>, 'body'>> & {
  readonly body: Body;
};

/** The newest record of a chain, as far as the next one needs it. Any record is one. */
export type JournalHead = Pick<JournalRecord, 'sequence' | 'hash'>;

/** What the writer of a record decides; the rest follows from the chain. */
export type JournalDraft<Body> = Pick<JournalRecord<Body>, 'chain' | 'time' | 'type' | 'body'>;

/** Signs bytes under a domain with the coordinator's identity. */
export type SignJournal = (domain: string, bytes: Uint8Array) => Signature;

/** Whether a signature under a domain is that of the chain's keeper. */
export type VerifyJournal = (
  domain: string,
  bytes: Uint8Array,
  signature: Signature,
  record?: JournalRecord,
) => boolean;

/** SHA-256 over all of a record but its hash and signature. */
export const recordHash = (record: Omit<JournalRecord, 'hash' | 'signature'>) =>
  canonicalHash({
    chain: record.chain,
    sequence: record.sequence,
    time: record.time,
    type: record.type,
    body: record.body,
    previous: record.previous,
  });

/** The bytes that a record's signature is over. */
export const signedBytes = (record: Pick<JournalRecord, 'hash'>): Uint8Array => Buffer.from(record.hash, 'hex');

/**
 * The record that follows `previous` (null: the first of its chain), hashed and signed.
 * @throws TypeError when the body has no JSON form: a fault of the program, not of a user.
 */
export function sealRecord<Body>(
  previous: JournalHead | null,
  draft: JournalDraft<Body>,
  sign: SignJournal,
): JournalRecord<Body> {
  if (draft.body === undefined) throw new TypeError('sealRecord: a record needs a body');
  const content = {
    chain: draft.chain,
    sequence: previous === null ? 0 : previous.sequence + 1,
    time: draft.time,
    type: draft.type,
    body: draft.body,
    previous: previous?.hash ?? null,
  };
  const hash = recordHash(content);
  return { ...content, hash, signature: sign(journalDomain, signedBytes({ hash })) };
}
