import { canonicalBytes } from '@consilium/shared/canonical';
import { createIdentity, sign } from '@consilium/shared/crypto';
import { type JournalRecord, sealRecord } from '@consilium/shared/journal';
import { expect, it } from 'vitest';
import type { Sealed } from './records.js';
import { chainStart, digest, followChain, type Link } from './verify-chain.js';

const keeper = createIdentity();
const canonical = (value: unknown): string => new TextDecoder().decode(canonicalBytes(value));

/** A chain of records as the coordinator seals them. */
function chain(length: number): Sealed[] {
  const records: JournalRecord[] = [];
  for (let place = 0; place < length; place++) {
    const draft = { chain: 'run', time: new Date(place).toISOString(), type: 'resumed', body: { place } };
    records.push(sealRecord(records.at(-1) ?? null, draft, (domain, bytes) => sign(keeper, domain, bytes)));
  }
  return records;
}
const follow = (records: readonly Sealed[], from: Link = chainStart) =>
  followChain('run', records, from, canonical, digest!);

it('finds a chain whole that the coordinator sealed, in one piece or in several', async () => {
  const records = chain(5);
  const end = { sequence: 5, previous: records[4]!.hash };
  expect(await follow(records)).toEqual(end);
  const half = await follow(records.slice(0, 2));
  expect(await follow(records.slice(2), half as Link)).toEqual(end);
  expect(await follow(records.slice(3), { sequence: 3, previous: records[3]!.previous })).toEqual(end);
});

it('names the first record that was changed, left out or put elsewhere', async () => {
  const records = chain(5);
  const changed = records.with(2, { ...records[2]!, body: { place: 7 } });
  expect(await follow(changed)).toEqual({ brokenAt: 2 });
  expect(await follow(records.toSpliced(1, 1))).toEqual({ brokenAt: 1 });
  expect(await followChain('another', records, chainStart, canonical, digest!)).toEqual({ brokenAt: 0 });
});
