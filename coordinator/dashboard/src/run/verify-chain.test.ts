import { canonicalBytes } from '@consilium/shared/canonical';
import { createIdentity, sign } from '@consilium/shared/crypto';
import { type JournalRecord, sealRecord } from '@consilium/shared/journal';
import { expect, it } from 'vitest';
import type { RunEntry } from './history.js';
import { chainState, digest } from './verify-chain.js';

const keeper = createIdentity();
const canonical = (value: unknown): string => new TextDecoder().decode(canonicalBytes(value));

/** A chain of records as the coordinator seals them. */
function chain(length: number): RunEntry[] {
  const records: JournalRecord[] = [];
  for (let place = 0; place < length; place++) {
    const draft = { chain: 'run', time: new Date(place).toISOString(), type: 'resumed', body: { place } };
    records.push(sealRecord(records.at(-1) ?? null, draft, (domain, bytes) => sign(keeper, domain, bytes)));
  }
  return records.map((record) => ({ ...record, record: { type: 'resumed' } }));
}

it('finds a chain whole that the coordinator sealed', async () => {
  const entries = chain(5);
  expect(await chainState(entries, entries[4]!.hash, canonical, digest)).toEqual({ kind: 'whole', records: 5 });
});

it('names the first record that was changed, left out or put elsewhere', async () => {
  const entries = chain(5);
  const head = entries[4]!.hash;
  const changed = entries.with(2, { ...entries[2]!, body: { place: 7 } });
  expect(await chainState(changed, head, canonical, digest)).toEqual({ kind: 'broken', sequence: 2 });
  expect(await chainState(entries.toSpliced(1, 1), head, canonical, digest)).toEqual({ kind: 'broken', sequence: 1 });
});

it('finds a chain broken that does not reach the head', async () => {
  const entries = chain(5);
  const short = entries.slice(0, 4);
  expect(await chainState(short, entries[4]!.hash, canonical, digest)).toEqual({ kind: 'broken', sequence: 4 });
});

it('claims nothing where it cannot look', async () => {
  expect(await chainState(chain(1), '', canonical, null)).toEqual({ kind: 'unchecked' });
});
