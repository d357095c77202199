import { createPrivateKey, createPublicKey, sign as signBytes, verify as verifyBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Signature } from '../ids.js';
import { type JournalRecord, type SignJournal, sealRecord, type VerifyJournal, verifyChain } from './index.js';

const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const message = (domain: string, bytes: Uint8Array) => Buffer.concat([Buffer.from(`${domain}\0`), bytes]);

function keeper(seed: number): { readonly sign: SignJournal; readonly verify: VerifyJournal } {
  const der = Buffer.concat([pkcs8Prefix, Buffer.alloc(32, seed)]);
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const open = createPublicKey(secret);
  return {
    sign: (domain, bytes) => signBytes(null, message(domain, bytes), secret).toString('base64url') as Signature,
    verify: (domain, bytes, signature) =>
      verifyBytes(null, message(domain, bytes), open, Buffer.from(signature, 'base64url')),
  };
}

const coordinator = keeper(1);
const stranger = keeper(2);
const time = '2026-03-01T09:00:00.000Z';

function chainOf(length: number, { chain = 'consortium', sign = coordinator.sign } = {}): JournalRecord[] {
  const records: JournalRecord[] = [];
  for (let at = 0; at < length; at++) {
    records.push(sealRecord(records.at(-1) ?? null, { chain, time, type: 'noted', body: { at, ok: true } }, sign));
  }
  return records;
}

/** The rest of a chain sealed anew after a change, as a thief of the key would. */
function resealed(records: readonly JournalRecord[], sign: SignJournal): JournalRecord[] {
  const next: JournalRecord[] = [];
  for (const record of records) next.push(sealRecord(next.at(-1) ?? null, record, sign));
  return next;
}

const { verify } = coordinator;
const code = (wanted: string, details: object) =>
  expect.objectContaining({ code: wanted, details: expect.objectContaining(details) });

describe('a journal as it was written', () => {
  it('verifies and gives its head', async () => {
    const records = chainOf(5);
    const head = records[4];
    await expect(verifyChain(records, { verify, expectedHead: head?.hash ?? null })).resolves.toEqual({
      head: { sequence: 4, hash: head?.hash },
      records: 5,
    });
  });

  it('may be empty when nothing else is expected', async () => {
    await expect(verifyChain([], { verify })).resolves.toEqual({ head: null, records: 0 });
    await expect(verifyChain([], { verify, expectedHead: null })).resolves.toEqual({ head: null, records: 0 });
  });

  it('counts from 0, links by hash and labels with the time given', () => {
    const [first, second] = chainOf(2);
    expect(first).toMatchObject({ sequence: 0, previous: null, time });
    expect(second).toMatchObject({ sequence: 1, previous: first?.hash });
  });

  it('has the hash of the canonical JSON of its content', () => {
    const record = sealRecord(null, { chain: 'c', time, type: 't', body: { b: 1, a: [null, 'é'] } }, coordinator.sign);
    // SHA-256 by `printf '%s' '{"body":{"a":[null,"é"],"b":1},…}' | sha256sum`
    expect(record.hash).toBe('c99181a46086b13b46a0fa4002ef48d858d627f2843e211a864911df7c005fa5');
  });

  it('refuses a body that has no JSON form', () => {
    const body: unknown = undefined;
    expect(() => sealRecord(null, { chain: 'c', time, type: 't', body }, coordinator.sign)).toThrow(TypeError);
    expect(() =>
      sealRecord(null, { chain: 'c', time, type: 't', body: { x: Number.NaN } }, coordinator.sign),
    ).toThrow();
  });

  it('is read as a stream, holding one record at a time', async () => {
    let alive = 0;
    let most = 0;
    async function* stream() {
      for (const record of chainOf(50)) {
        alive += 1;
        most = Math.max(most, alive);
        yield record;
        alive -= 1;
      }
    }
    await expect(verifyChain(stream(), { verify })).resolves.toMatchObject({ records: 50 });
    expect(most).toBe(1);
  });
});

describe('a journal that was tampered with names the first bad record', () => {
  const records = chainOf(6);
  const at = (index: number) => records[index] as JournalRecord;
  const check = (tampered: readonly JournalRecord[], expectedHead = at(5).hash) =>
    verifyChain(tampered, { verify, expectedHead });

  it('when a body was altered', async () => {
    const tampered = records.with(2, { ...at(2), body: { at: 99, ok: true } });
    await expect(check(tampered)).rejects.toEqual(code('CSM-JOURNAL-ALTERED', { sequence: 2 }));
  });

  it.each([
    ['time', { time: '2026-03-02T09:00:00.000Z' }],
    ['type', { type: 'other' }],
  ])('when its %s was altered', async (_, change) => {
    await expect(check(records.with(3, { ...at(3), ...change }))).rejects.toEqual(
      code('CSM-JOURNAL-ALTERED', { sequence: 3 }),
    );
  });

  it('when the hash was made to fit the altered body', async () => {
    const forged = sealRecord(at(1), { ...at(2), body: 'forged' }, coordinator.sign);
    await expect(check(records.with(2, { ...forged, signature: at(2).signature }))).rejects.toEqual(
      code('CSM-JOURNAL-SIGNATURE', { sequence: 2 }),
    );
  });

  it('when a record was removed', async () => {
    await expect(check(records.toSpliced(3, 1))).rejects.toEqual(code('CSM-JOURNAL-ORDER', { sequence: 3, found: 4 }));
  });

  it('when the first record was removed', async () => {
    await expect(check(records.slice(1))).rejects.toEqual(code('CSM-JOURNAL-ORDER', { sequence: 0, found: 1 }));
  });

  it('when a record was inserted', async () => {
    await expect(check(records.toSpliced(3, 0, at(1)))).rejects.toEqual(
      code('CSM-JOURNAL-ORDER', { sequence: 3, found: 1 }),
    );
  });

  it('when two records changed places', async () => {
    await expect(check(records.with(2, at(3)).with(3, at(2)))).rejects.toEqual(
      code('CSM-JOURNAL-ORDER', { sequence: 2, found: 3 }),
    );
  });

  it('when a record was replaced by another with the right number and signature', async () => {
    const other = resealed(
      records.map((record) => ({ ...record, body: 'another history' })),
      coordinator.sign,
    );
    await expect(check(records.with(3, other[3] as JournalRecord))).rejects.toEqual(
      code('CSM-JOURNAL-LINK', { sequence: 3 }),
    );
  });

  it('when it was signed anew by another key', async () => {
    await expect(check(resealed(records, stranger.sign))).rejects.toEqual(
      code('CSM-JOURNAL-SIGNATURE', { sequence: 0 }),
    );
  });

  it('when its end was cut off', async () => {
    await expect(check(records.slice(0, 4))).rejects.toEqual(code('CSM-JOURNAL-TRUNCATED', { records: 4 }));
    await expect(check([])).rejects.toEqual(code('CSM-JOURNAL-TRUNCATED', { records: 0 }));
  });

  it('when a record of another chain was put in', async () => {
    const foreign = chainOf(3, { chain: 'run' });
    await expect(check(records.with(2, foreign[2] as JournalRecord))).rejects.toEqual(
      code('CSM-JOURNAL-CHAIN', { sequence: 2, found: 'run' }),
    );
  });

  it('when the coordinator itself wrote another history than it once showed', async () => {
    const rewritten = resealed(records.with(1, { ...at(1), body: 'never happened' }), coordinator.sign);
    await expect(verifyChain(rewritten, { verify, witnessed: at(3) })).rejects.toEqual(
      code('CSM-JOURNAL-REWRITTEN', { sequence: 3 }),
    );
    await expect(verifyChain(records.slice(0, 3), { verify, witnessed: at(3) })).rejects.toEqual(
      code('CSM-JOURNAL-TRUNCATED', { records: 3 }),
    );
    await expect(verifyChain(records, { verify, witnessed: at(3) })).resolves.toMatchObject({ records: 6 });
  });
});

describe('for any bodies and any single change', () => {
  it('sealed records verify, and no edit of the order does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue(), { minLength: 1, maxLength: 6 }),
        fc.nat(),
        fc.nat(),
        async (bodies, from, to) => {
          const records = resealed(
            bodies.map((body) => ({ ...(chainOf(1)[0] as JournalRecord), body })),
            coordinator.sign,
          );
          const head = records.at(-1)?.hash ?? null;
          await expect(verifyChain(records, { verify, expectedHead: head })).resolves.toMatchObject({
            records: bodies.length,
          });
          const a = from % records.length;
          const b = to % records.length;
          const moved = records.toSpliced(a, 1).toSpliced(b, 0, records[a] as JournalRecord);
          const outcome = verifyChain(moved, { verify, expectedHead: head });
          if (a === b) await expect(outcome).resolves.toMatchObject({ records: bodies.length });
          else await expect(outcome).rejects.toMatchObject({ code: /^CSM-JOURNAL-/ });
        },
      ),
      { numRuns: 40 },
    );
  });
});
