import { canonicalBytes } from '@consilium/shared/canonical';
import { makeContract, runFile, signContract } from '@consilium/shared/contract';
import { createIdentity, issueCertificate, makeKeyChange, sign } from '@consilium/shared/crypto';
import { type BlobHash, consortiumId, type RunId, runId } from '@consilium/shared/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keeperOf } from '../home/index.js';
import { sites } from '../rounds/testing/drive.js';
import { type BlobPlace, memoryBlobs, openSqliteStore } from '../store/index.js';
import type { RunKeeper } from './conductor.js';
import { openRuns, type RunHouse } from './runs.js';
import { slowStore } from './testing/slow-store.js';

const lead = createIdentity();
const former = createIdentity();
const keeper = { ...keeperOf(former), cameBy: null };
const consortium = consortiumId.parse('0'.repeat(32));
const run = runId.parse('1'.repeat(32));
const code = (wanted: string) => expect.objectContaining({ code: wanted });

function contractOf(id: RunId = run, weights?: readonly BlobHash[]): Uint8Array {
  const terms = makeContract({
    runFile: runFile.parse({
      name: 'launched',
      model: {
        family: 'attention-aml',
        classes: ['x', 'y'],
        ...(weights && { weights: { file: 'start.safetensors' } }),
      },
      data: { kind: 'expression-table', label: 'y', files: { features: 'x.csv' } },
      training: { rounds: 1, optimizer: { name: 'sgd', rate: 0.1 } },
    }),
    files: {},
    ...(weights && { weights: { sha256: weights[0]!, parts: [...weights] } }),
    ...{ consortium, run: id, notAfter: new Date('2030-01-01') },
  });
  return canonicalBytes(signContract(terms, (domain, bytes) => sign(lead, domain, bytes)));
}

describe('a word to all runs', () => {
  it('reaches those that come after one whose journal cannot be written', async () => {
    const store = await openSqliteStore({ file: ':memory:' });
    const [, second] = [run, runId.parse('2'.repeat(32))];
    let isBroken = false;
    const append: typeof store.append = (chain, ...given) => {
      if (isBroken && chain === run) throw new Error('broken');
      return store.append(chain, ...given);
    };
    let present: RunKeeper = keeper;
    const { blobs, spools } = memoryBlobs();
    const runs = await openRuns({
      ...{ store: { ...store, append }, blobs, spools, consortium, lead: lead.publicKey },
      ...{ keeper: () => present, now: () => new Date('2029-01-01'), approved: () => sites },
      live: () => ({ presence: null, heardSecondsAgo: null, bytesIn: 0, bytesOut: 0 }),
      launched: async () => {},
      reassign: () => {},
      onFault: () => {},
    });
    for (const id of [run, second]) await runs.launch(contractOf(id), { stepwise: false });
    isBroken = true;
    const [site] = sites;
    await expect(runs.tell({ kind: 'revoked', site: site! })).rejects.toThrow('broken');
    expect(runs.find(run)?.state.absent.get(site!)).toBeUndefined();
    expect(runs.find(second)?.state.absent.get(site!)).toMatchObject({ until: 'run' });
    const next = createIdentity();
    const holder = { consortium, role: 'coordinator', id: 'coordinator' } as const;
    const change = makeKeyChange(former, next, holder);
    const word = { ...holder, publicKey: next.publicKey, revision: 2, revoked: false };
    present = { ...keeperOf(next), cameBy: { change, certificate: issueCertificate(lead, word) } };
    await expect(runs.rekey()).rejects.toThrow('broken');
    const changed = async (id: RunId) =>
      (await runs.records(id, { from: 0, limit: 100 })).filter(({ type }) => type === 'key-changed').length;
    expect([await changed(run), await changed(second)]).toEqual([0, 1]);
    isBroken = false;
    const only = new Set([second]);
    await runs.tell({ kind: 'revoked', site: sites[1]! }, only);
    expect(runs.find(run)?.state.absent.get(sites[1]!)).toBeUndefined();
    await runs.rekey();
    expect([await changed(run), await changed(second)]).toEqual([1, 1]);
    await runs.close();
    await store.close();
  });
});

describe('a launch whose first record is being written', () => {
  let slow: ReturnType<typeof slowStore>;
  let place: BlobPlace;
  let runs: RunHouse;
  const launch = (bytes = contractOf()) => runs.launch(bytes, { stepwise: false });
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  beforeEach(async () => {
    slow = slowStore(await openSqliteStore({ file: ':memory:' }));
    place = memoryBlobs();
    runs = await openRuns({
      ...{ store: slow.store, blobs: place.blobs, spools: place.spools, consortium, lead: lead.publicKey },
      ...{ keeper: () => keeper, now: () => new Date('2029-01-01'), approved: () => sites },
      live: () => ({ presence: null, heardSecondsAgo: null, bytesIn: 0, bytesOut: 0 }),
      launched: async () => {},
      reassign: () => {},
      onFault: (_, thrown) => {
        throw thrown;
      },
    });
  });
  afterEach(async () => {
    slow.letGo();
    await runs.close();
    await slow.store.close();
  });

  it('is of no run yet: who asks is told so, and lists leave it out', async () => {
    slow.hold();
    const launching = launch();
    await turn();
    expect(await runs.list()).toEqual([]);
    expect(runs.find(run)).toBeUndefined();
    for (const asked of [runs.view(run), runs.report(run), runs.command(run, 'stop')]) {
      await expect(asked).rejects.toEqual(code('CSM-RUN-UNKNOWN'));
    }
    slow.letGo();
    expect(await launching).toMatchObject({ run, phase: 'running' });
    expect(await runs.list()).toMatchObject([{ run }]);
  });

  it('keeps a second launch of the same run out, and the run stays known', async () => {
    slow.hold();
    const both = Promise.allSettled([launch(), launch()]);
    await turn();
    slow.letGo();
    const [first, second] = await both;
    expect(first).toMatchObject({ status: 'fulfilled', value: { run } });
    expect(second).toEqual({ status: 'rejected', reason: code('CSM-RUN-EXISTS') });
    expect(await runs.view(run)).toMatchObject({ phase: 'running' });
    expect(runs.open().map(({ state }) => state.contract.run)).toEqual([run]);
  });

  it('may be made again when it came to nothing', async () => {
    slow.hold();
    const launching = launch();
    slow.letGo(new Error('no room'));
    await expect(launching).rejects.toThrow('no room');
    await expect(runs.view(run)).rejects.toEqual(code('CSM-RUN-UNKNOWN'));
    slow.letGo();
    expect(await launch()).toMatchObject({ run });
  });

  it('keeps the weights that it begins with, whatever ends meanwhile', async () => {
    const part = await runs.keepWeights(Buffer.from('weights'));
    const other = runId.parse('2'.repeat(32));
    await launch(contractOf(other, [part]));
    const { has } = place.blobs;
    let looked = false;
    // The other run ends right after they were found here.
    place.blobs.has = async (hash) => {
      const here = await has(hash);
      if (!looked) {
        looked = true;
        await runs.command(other, 'stop');
        await turn();
      }
      return here;
    };
    await launch(contractOf(run, [part]));
    expect(looked).toBe(true);
    expect(await has(part)).toBe(true);
  });
});
