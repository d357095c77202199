import { type CoordinatorOptions, startCoordinator } from '@consilium/coordinator/coordinator';
import { keeperOf, openCoordinatorHome } from '@consilium/coordinator/home';
import { openSites } from '@consilium/coordinator/sites';
import { openSqliteStore } from '@consilium/coordinator/store';
import { issueCertificate } from '@consilium/shared/crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { openConsortium } from './harness/consortium.js';
import { createGate } from './harness/gate.js';
import { type Deliver, deliverHonestly } from './harness/light-site.js';
import { createCleanUp, createWatch } from './transport/kit.js';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);

const terms = {
  training: { rounds: 2, optimizer: { name: 'sgd', rate: 0.1 } },
  participation: { quorum: 2 },
  validation: { share: 0 },
};

describe('a revoked site', () => {
  it('is out at once, with its update, and the run goes on without it', async () => {
    const consortium = await openConsortium();
    cleanUp.later(() => consortium[Symbol.asyncDispose]());
    const { lead } = consortium;
    const gate = createGate();
    const held: Deliver = async (delivery) => {
      if (delivery.task.step.kind === 'train') await gate.opened;
      return deliverHonestly(delivery);
    };
    const faithful = [];
    for (const name of ['hospital-a', 'hospital-b']) faithful.push(await consortium.join(name, { deliver: held }));
    const traitor = await consortium.join('hospital-c');
    const { run } = await lead.launch(lead.contract(terms));
    const standing = async () => (await consortium.view(run)).sites.find(({ site }) => site === traitor.site)?.standing;
    await consortium.until(run, ({ step, sites }) => step === 'train:0:1' && sites[2]?.standing === 'accepted');

    const states = createWatch<string>();
    traitor.connection.onState((given) => states.tell(given.kind === 'waiting' ? given.error.code : given.kind));
    await lead.revoke(traitor.site, traitor.identity.publicKey);
    // The session that there was, then every try to come back.
    await states.until((seen) => seen.filter((code) => code === 'CSM-SITE-REVOKED').length >= 3);
    expect(states.seen.filter((seen) => !['connecting', 'CSM-SITE-REVOKED'].includes(seen))).toEqual(['connected']);
    expect(await standing()).toBe('left');

    gate.open();
    const view = await consortium.until(run, ({ phase }) => phase === 'closed');
    expect(view).toMatchObject({ outcome: 'degraded', error: null });
    expect(view.coverage.sites.find(({ site }) => site === traitor.site)).toMatchObject({
      contributed: 2,
      missing: [{ since: 'train:0:1', excused: false, error: { code: 'CSM-SITE-REVOKED' } }],
    });
    expect(faithful.flatMap(({ faults }) => faults)).toEqual([]);
    await consortium.journal(run);

    const { run: without } = await lead.launch(lead.contract(terms));
    const end = await consortium.until(without, ({ phase }) => phase === 'closed');
    expect(end).toMatchObject({ outcome: 'complete' });
    expect(end.sites.map(({ site }) => site)).toEqual(['hospital-a', 'hospital-b']);
    const [one, other] = [await consortium.model(run), await consortium.model(without)];
    expect(one.hash).toBe(other.hash);
    expect(one.values.every(Number.isFinite)).toBe(true);
  });
});

describe('a site that was revoked in the moment in which the coordinator died', () => {
  it('is out of its runs as soon as the coordinator is there again, without waiting for an idle limit', async () => {
    let whileDead: ((options: CoordinatorOptions) => Promise<void>) | null = null;
    const consortium = await openConsortium({
      start: async (options) => {
        await whileDead?.(options);
        whileDead = null;
        return startCoordinator(options);
      },
    });
    cleanUp.later(() => consortium[Symbol.asyncDispose]());
    const { lead } = consortium;
    const gate = createGate();
    const held: Deliver = async (delivery) => {
      if (delivery.task.step.kind === 'train') await gate.opened;
      return deliverHonestly(delivery);
    };
    for (const name of ['hospital-a', 'hospital-b']) await consortium.join(name, { deliver: held });
    const traitor = await consortium.join('hospital-c');
    const { run } = await lead.launch(lead.contract(terms));
    await consortium.until(run, ({ step, sites }) => step === 'train:0:1' && sites[2]?.standing === 'accepted');

    // The consortium's journal has the revocation, and nothing came after it.
    whileDead = async ({ home, passphrase, consortium: id, lead: key }) => {
      const { identity, storeFile } = await openCoordinatorHome(home, passphrase);
      const store = await openSqliteStore({ file: storeFile });
      const sites = await openSites({
        store,
        consortium: id,
        lead: key,
        keeper: () => keeperOf(identity),
        now: () => new Date(),
      });
      const { site, identity: ended } = traitor;
      const word = { consortium: id, role: 'site', id: site, publicKey: ended.publicKey, revision: 2 } as const;
      await sites.revoke(issueCertificate(lead.identity, { ...word, revoked: true }));
      await store.close();
    };
    await consortium.restart();
    const here = await consortium.view(run);
    expect(here.sites.find(({ site }) => site === traitor.site)?.standing).toBe('left');
    const left = (await consortium.journal(run)).filter(({ type }) => type === 'site-left');
    expect(left).toMatchObject([{ body: { site: traitor.site, until: 'run', error: { code: 'CSM-SITE-REVOKED' } } }]);

    await consortium.restart();
    gate.open();
    const view = await consortium.until(run, ({ phase }) => phase === 'closed');
    expect(view).toMatchObject({ outcome: 'degraded', error: null });
    expect((await consortium.journal(run)).filter(({ type }) => type === 'site-left').length).toBe(1);
  });
});

describe('a site that waits for approval', () => {
  it('is given nothing to do and nothing to read, and may come in later', async () => {
    const consortium = await openConsortium();
    cleanUp.later(() => consortium[Symbol.asyncDispose]());
    const { lead } = consortium;
    const gate = createGate();
    await consortium.join('hospital-a', {
      deliver: async (delivery) => {
        await gate.opened;
        return deliverHonestly(delivery);
      },
    });
    const pending = await consortium.enrol('hospital-b');
    const assigned = createWatch<string | null>();
    pending.connection.onAssignment(({ work }) => assigned.tell(work?.run ?? null));
    const { run } = await lead.launch(lead.contract({ training: { ...terms.training, rounds: 1 } }));
    const { contract } = await consortium.view(run);
    const bytes = new Uint8Array(10);
    const blob = { run, step: 'prepare:cohort:1', hash: contract } as Parameters<typeof pending.connection.upload>[0];
    const upload = pending.connection.upload(blob, { bytes: bytes.length, read: async () => bytes });
    await expect(upload).rejects.toMatchObject({ code: 'CSM-ACCESS-PENDING' });
    expect(assigned.seen).toEqual([]);

    await lead.approve(pending.site, pending.identity.publicKey);
    await assigned.until((seen) => seen.length > 0);
    expect(assigned.seen).toEqual([null]);
    gate.open();
    await consortium.until(run, ({ phase }) => phase === 'closed');
    const { run: next } = await lead.launch(lead.contract({ training: { ...terms.training, rounds: 1 } }));
    const view = await consortium.until(next, ({ phase }) => phase === 'closed');
    expect(view).toMatchObject({ outcome: 'complete' });
    expect(view.sites.map(({ site }) => site)).toEqual(['hospital-a', 'hospital-b']);
    expect(pending.faults).toEqual([]);
  });
});
