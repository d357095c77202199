import { describe, expect, it } from 'vitest';
import { createIdentity, type Identity, makeKeyChange, sign } from '../crypto/index.js';
import type { ConsortiumId } from '../ids.js';
import { firstKeeper, followKeeper } from './keeper.js';
import { type JournalRecord, sealRecord } from './record.js';
import { verifyChain } from './verify.js';

const holder = { consortium: 'ab'.repeat(16) as ConsortiumId, role: 'coordinator', id: 'coordinator' } as const;
const [first, second, third, thief] = [createIdentity(), createIdentity(), createIdentity(), createIdentity()];

type Draft = readonly [Identity, object];
const note = (by: Identity): Draft => [by, { note: 1 }];
const change = (from: Identity, to: Identity, by = to): Draft => [by, { change: makeKeyChange(from, to, holder) }];

function chain(...drafts: readonly Draft[]): readonly JournalRecord[] {
  const records: JournalRecord[] = [];
  for (const [by, body] of drafts) {
    const draft = { chain: 'run', time: '2026-01-01T00:00:00.000Z', type: 'note', body };
    records.push(sealRecord(records.at(-1) ?? null, draft, (domain, bytes) => sign(by, domain, bytes)));
  }
  return records;
}

const changed = chain(note(first), change(first, second), note(second), change(second, third), note(third));
const check = (records: readonly JournalRecord[], ...keys: readonly Identity[]) =>
  verifyChain(records, { verify: followKeeper(keys.map(({ publicKey }) => publicKey)) });
const unsigned = (sequence: number) =>
  expect.objectContaining({ code: 'CSM-JOURNAL-SIGNATURE', details: expect.objectContaining({ sequence }) });

describe('a chain whose keeper changed keys', () => {
  it('verifies from its first key on', async () => {
    await expect(check(changed, third, first)).resolves.toMatchObject({ records: 5 });
    await expect(check(changed, thief)).rejects.toThrow(unsigned(0));
    await expect(check([], first)).resolves.toMatchObject({ records: 0 });
  });

  it.each([
    ['by the old key after the change', chain(note(first), change(first, second), note(first)), 2],
    ['by the new key before the change', chain(note(first), note(second)), 1],
    ['by the old key where it tells of the change', chain(note(first), change(first, second, first)), 1],
    ['by a key that the old one did not name', chain(note(first), change(thief, second), note(second)), 1],
    ['back by the former key', chain(note(first), change(first, second), note(second), change(thief, first)), 3],
  ])('is not signed %s', async (_, records, sequence) => {
    await expect(check(records, first)).rejects.toThrow(unsigned(sequence));
  });

  it('passes to keys that may follow alone', async () => {
    const only = followKeeper([first.publicKey], (key) => key === second.publicKey);
    await expect(verifyChain(changed, { verify: only })).rejects.toThrow(unsigned(3));
  });

  it('is found to begin with its first key from any later one', async () => {
    for (const { publicKey } of [first, second, third]) {
      expect(await firstKeeper(() => changed, publicKey)).toBe(first.publicKey);
    }
    expect(await firstKeeper(() => changed, thief.publicKey)).toBe(thief.publicKey);
    expect(await firstKeeper(() => [], first.publicKey)).toBe(first.publicKey);
  });
});
