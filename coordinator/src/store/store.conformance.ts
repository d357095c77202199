import { generateKeyPairSync, sign as signBytes, verify as verifyBytes } from 'node:crypto';
import { runId, type Signature, siteId, stepId } from '@consilium/shared/ids';
import {
  type JournalRecord,
  type SignJournal,
  sealRecord,
  type VerifyJournal,
  verifyChain,
} from '@consilium/shared/journal';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from './store.js';
import { listRuns, putRun, type RunRow, runOf } from './tables/index.js';

/** A store under test that can be closed and opened again as after a restart. */
export interface TestStore {
  readonly store: Store;
  reopen(): Promise<Store>;
  remove(): Promise<void>;
}

const keys = generateKeyPairSync('ed25519');
const message = (domain: string, bytes: Uint8Array) => Buffer.concat([Buffer.from(`${domain}\0`), bytes]);
const sign: SignJournal = (domain, bytes) =>
  signBytes(null, message(domain, bytes), keys.privateKey).toString('base64url') as Signature;
const verify: VerifyJournal = (domain, bytes, signature) =>
  verifyBytes(null, message(domain, bytes), keys.publicKey, Buffer.from(signature, 'base64url'));

export const time = '2026-03-01T09:00:00.000Z';

/** Records that follow each other, after `previous`. */
export function recordsAfter(
  previous: JournalRecord | null,
  bodies: readonly unknown[],
  chain = 'run',
): JournalRecord[] {
  const records: JournalRecord[] = [];
  for (const body of bodies) {
    records.push(sealRecord(records.at(-1) ?? previous, { chain, time, type: 'noted', body }, sign));
  }
  return records;
}

export const runRow = (changes: Partial<RunRow> = {}): RunRow => ({
  run: runId.parse('ab'.repeat(16)),
  name: 'aml',
  contractHash: 'cd'.repeat(32) as RunRow['contractHash'],
  contract: '{}',
  phase: 'offered',
  step: null,
  stepIndex: 0,
  steps: 12,
  model: null,
  preparation: null,
  bestRound: null,
  outcome: null,
  cause: null,
  created: time,
  updated: time,
  ...changes,
});

export const north = siteId.parse('north');
export const south = siteId.parse('south');
export const train1 = stepId.parse('train:0:1');

const code = (wanted: string) => expect.objectContaining({ code: wanted });
const nothing = async () => {};

export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** What every `Store` must do. */
export function storeConformance(name: string, make: () => Promise<TestStore>): void {
  describe(`${name}: a store`, () => {
    let test: TestStore;
    let store: Store;
    beforeEach(async () => {
      test = await make();
      store = test.store;
    });
    afterEach(() => test.remove());

    it('has no chain at first', async () => {
      expect(await store.head('run')).toBeNull();
      expect(await all(store.records('run'))).toEqual([]);
      expect(await store.chains()).toEqual([]);
    });

    it('gives records back as they were appended, also after a restart', async () => {
      const records = recordsAfter(null, [1, 'zwei ü \u2028', { three: [null, 3.5], __proto: {} }, [], 'five']);
      await store.append('run', null, records.slice(0, 2), nothing);
      await store.append('run', records[1]?.hash ?? null, records.slice(2), nothing);
      store = await test.reopen();
      expect(await all(store.records('run'))).toEqual(records);
      expect(await store.head('run')).toEqual({ sequence: 4, hash: records[4]?.hash });
      await expect(
        verifyChain(store.records('run'), { verify, expectedHead: records[4]?.hash ?? null }),
      ).resolves.toMatchObject({ records: 5 });
    });

    it('keeps chains apart', async () => {
      const one = recordsAfter(null, [1, 2], 'run-1');
      const two = recordsAfter(null, [3], 'consortium');
      await store.append('run-1', null, one, nothing);
      await store.append('consortium', null, two, nothing);
      expect(await store.chains()).toEqual(['consortium', 'run-1']);
      expect(await all(store.records('run-1'))).toEqual(one);
      expect(await store.head('consortium')).toEqual({ sequence: 0, hash: two[0]?.hash });
    });

    it('reads on from a record, over many pages, while others are appended', async () => {
      const records = recordsAfter(
        null,
        Array.from({ length: 700 }, (_, at) => at),
      );
      await store.append('run', null, records.slice(0, 600), nothing);
      const read: unknown[] = [];
      for await (const { body, sequence } of store.records('run', 5)) {
        read.push(body);
        if (sequence === 10) await store.append('run', records[599]?.hash ?? null, records.slice(600), nothing);
      }
      expect(read).toEqual(Array.from({ length: 695 }, (_, at) => at + 5));
      expect(await all(store.records('run', 700))).toEqual([]);
    });

    it('refuses a stale head, and appends nothing', async () => {
      const records = recordsAfter(null, [1, 2]);
      await store.append('run', null, records, nothing);
      const fork = recordsAfter(records[0] ?? null, ['another second']);
      let projected = false;
      const project = async () => {
        projected = true;
      };
      for (const head of [null, records[0]?.hash ?? null]) {
        const added = head === null ? recordsAfter(null, ['another first']) : fork;
        await expect(store.append('run', head, added, project)).rejects.toEqual(code('CSM-STORE-STALE-HEAD'));
      }
      await expect(store.append('new', records[1]?.hash ?? null, [], nothing)).rejects.toEqual(
        code('CSM-STORE-STALE-HEAD'),
      );
      expect(projected).toBe(false);
      expect(await all(store.records('run'))).toEqual(records);
    });

    it('lets one of two writers with the same head win', async () => {
      const [first] = recordsAfter(null, ['first']);
      await store.append('run', null, [first as JournalRecord], nothing);
      const rivals = ['a', 'b', 'c'].map((body) => recordsAfter(first ?? null, [body]));
      const outcomes = await Promise.allSettled(
        rivals.map((records) => store.append('run', first?.hash ?? null, records, nothing)),
      );
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
      expect(await all(store.records('run'))).toHaveLength(2);
    });

    it('refuses records that do not follow each other, as a fault of the program', async () => {
      const [one, two, three] = recordsAfter(null, [1, 2, 3]) as [JournalRecord, JournalRecord, JournalRecord];
      for (const wrong of [[two], [one, three], [two, one], recordsAfter(null, [1], 'other')]) {
        await expect(store.append('run', null, wrong, nothing)).rejects.toThrow(TypeError);
      }
      await expect(store.append('run', null, [{ ...one, sequence: 4 }], nothing)).rejects.toThrow(TypeError);
      expect(await store.head('run')).toBeNull();
    });

    it('writes records and projections together', async () => {
      const records = recordsAfter(null, ['offered']);
      await store.append('run', null, records, (tx) => putRun(tx, runRow()));
      store = await test.reopen();
      expect(await store.read((db) => runOf(db, runRow().run))).toEqual(runRow());
      expect(await store.head('run')).toMatchObject({ sequence: 0 });
    });

    it('writes neither when the projection throws', async () => {
      const records = recordsAfter(null, ['offered']);
      const failing = store.append('run', null, records, async (tx) => {
        await putRun(tx, runRow());
        throw new Error('a slip in a projection');
      });
      await expect(failing).rejects.toThrow('a slip in a projection');
      expect(await store.head('run')).toBeNull();
      expect(await store.read(listRuns)).toEqual([]);
      await store.append('run', null, records, (tx) => putRun(tx, runRow()));
      expect(await store.read(listRuns)).toHaveLength(1);
    });

    it('shows a projection only once it is committed', async () => {
      let meanwhile: Promise<unknown> = Promise.resolve();
      let release = () => {};
      const entered = new Promise<void>((resolve) => {
        release = resolve;
      });
      const appending = store.append('run', null, recordsAfter(null, [1]), async (tx) => {
        await putRun(tx, runRow());
        release();
        await new Promise((resolve) => setImmediate(resolve));
        await putRun(tx, runRow({ phase: 'running' }));
      });
      await entered;
      meanwhile = store.read((db) => runOf(db, runRow().run));
      await appending;
      expect(await meanwhile).toMatchObject({ phase: 'running' });
    });

    it('says so at once when it is used inside its own transaction', async () => {
      await expect(
        store.append('run', null, recordsAfter(null, [1]), async () => {
          await store.head('run');
        }),
      ).rejects.toThrow('use the transaction');
      expect(await store.head('run')).toBeNull();
    });

    it('never changes or deletes a record', async () => {
      await store.append('run', null, recordsAfter(null, [1]), nothing);
      await expect(store.write((tx) => tx.deleteFrom('records').execute())).rejects.toThrow();
      await expect(store.write((tx) => tx.updateTable('records').set({ type: 'x' }).execute())).rejects.toThrow();
      expect(await all(store.records('run'))).toHaveLength(1);
    });

    it('takes no more after it was closed', async () => {
      const appending = store.append('run', null, recordsAfter(null, [1]), nothing);
      const closing = store.close();
      await appending;
      await closing;
      await store.close();
      await expect(store.head('run')).rejects.toThrow();
      store = await test.reopen();
      expect(await store.head('run')).toMatchObject({ sequence: 0 });
    });
  });
}
