import { z } from 'zod';
import { isSignedChange, type KeyChange, keyChange } from '../crypto/key-change.js';
import { verify } from '../crypto/keys.js';
import type { PublicKey } from '../ids.js';
import { type JournalRecord, journalDomain, signedBytes, type VerifyJournal } from './record.js';

const changing = z.looseObject({ change: keyChange });

/** The change of keys that a record tells of; of whose, its body says. */
const changeIn = ({ body }: JournalRecord): KeyChange | null => changing.safeParse(body).data?.change ?? null;

/** Verifies the records of one chain in their order. */
export interface FollowedKeeper extends VerifyJournal {
  /** The key that signed the newest of them; null before the first. */
  keeper(): PublicKey | null;
}

/**
 * Verifies the signatures of one chain, record after record from its first. A chain is signed by one key, until a record that
 * tells of its change: that record and those that follow are signed by the new one, and the former counts no more.
 * @param candidates keys that the chain may begin with
 * @param mayFollow whether a key may take the chain over, beside what the key before it signed
 */
export function followKeeper(
  candidates: readonly PublicKey[],
  mayFollow: (key: PublicKey) => boolean = () => true,
): FollowedKeeper {
  let keeper: PublicKey | null = null;
  const verifyNext: VerifyJournal = (domain, bytes, signature, record) => {
    if (keeper === null) {
      keeper = candidates.find((key) => verify(key, domain, bytes, signature)) ?? null;
      return keeper !== null;
    }
    const next = record === undefined ? null : successorOf(keeper, record);
    const key: PublicKey = next !== null && mayFollow(next) ? next : keeper;
    if (!verify(key, domain, bytes, signature)) return false;
    keeper = key;
    return true;
  };
  return Object.assign(verifyNext, { keeper: () => keeper });
}

/** The key that a record puts into this one's place; null where it tells of no such change. */
function successorOf(keeper: PublicKey, record: JournalRecord): PublicKey | null {
  const change = changeIn(record);
  return change !== null && change.body.from === keeper && isSignedChange(change) ? change.body.to : null;
}

/**
 * The key that a chain begins with, for whoever trusts one of its keys: that key signed that it followed the one before.
 * @param read gives the chain from its first record; it may be called twice
 */
export async function firstKeeper(
  read: () => AsyncIterable<JournalRecord> | Iterable<JournalRecord>,
  trusted: PublicKey,
): Promise<PublicKey> {
  for await (const first of read()) {
    if (verify(trusted, journalDomain, signedBytes(first), first.signature)) return trusted;
    break;
  }
  const before = new Map<PublicKey, PublicKey>();
  for await (const record of read()) {
    const change = changeIn(record);
    if (change !== null && isSignedChange(change)) before.set(change.body.to, change.body.from);
  }
  let key = trusted;
  for (let former = before.get(key); former !== undefined; former = before.get(key)) {
    before.delete(key);
    key = former;
  }
  return key;
}
