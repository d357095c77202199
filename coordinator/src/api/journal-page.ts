import { verify } from '@consilium/shared/crypto';
import { asCoded, toWire } from '@consilium/shared/errors';
import type { PublicKey } from '@consilium/shared/ids';
import { type JournalRecord, verifyNext } from '@consilium/shared/journal';
import { wireError } from '@consilium/shared/wire';
import { z } from 'zod';
import type { Page } from '../conduct/view.js';
import { named } from './shape.js';

/** A part of a journal, and whether it holds: hashes, links, order and signatures, from the record before it on. */
export const journalPage = named(
  'JournalPage',
  z.strictObject({
    records: z.array(
      z.strictObject({
        sequence: z.int(),
        time: z.string(),
        type: z.string(),
        body: z.unknown(),
        previous: z.string().nullable(),
        hash: z.string(),
        signature: z.string(),
      }),
    ),
    /** Whether there are records behind these. */
    more: z.boolean(),
    /** Null: everything here was checked by the coordinator's keys, former ones too, and holds. */
    fault: wireError.nullable(),
  }),
);
export type JournalPage = z.infer<typeof journalPage>;

/**
 * Checks a part of a chain. Which key signed where, whoever has the whole chain can tell.
 * @param read gives records from a sequence number on
 */
export async function pageOfJournal(
  chain: string,
  { from, limit }: Page,
  {
    keys,
    read,
  }: { readonly keys: readonly PublicKey[]; readonly read: (page: Page) => Promise<readonly JournalRecord[]> },
): Promise<JournalPage> {
  const start = Math.max(0, from - 1);
  const found = await read({ from: start, limit: from - start + limit + 1 });
  const before = from === 0 ? null : (found[0] ?? null);
  const records = found.slice(from - start, from - start + limit);
  return {
    records: records.map(({ chain: _, ...record }) => record),
    more: found.length > from - start + limit,
    fault: faultOf(chain, before, records, keys),
  };
}

function faultOf(
  chain: string,
  before: JournalRecord | null,
  records: readonly JournalRecord[],
  keys: readonly PublicKey[],
): JournalPage['fault'] {
  let previous = before;
  try {
    for (const record of records) {
      verifyNext(previous, record, {
        chain,
        verify: (domain, bytes, signature) => keys.some((key) => verify(key, domain, bytes, signature)),
      });
      previous = record;
    }
    return null;
  } catch (thrown) {
    const { code, details } = toWire(asCoded(thrown));
    return { code, details: { ...details } };
  }
}
