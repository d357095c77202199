import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backUp } from '@consilium/coordinator/backup';
import { type CoordinatorOptions, startCoordinator } from '@consilium/coordinator/coordinator';
import { keeperOf, makeNextKey as makeCoordinatorKey, openCoordinatorHome } from '@consilium/coordinator/home';
import { approvalOf, type ListedMember } from '@consilium/coordinator/lead';
import { openSites } from '@consilium/coordinator/sites';
import { openSqliteStore } from '@consilium/coordinator/store';
import { verifyExport } from '@consilium/coordinator/verifying';
import { canonicalBytes } from '@consilium/shared/canonical';
import {
  type Certificate,
  createIdentity,
  fingerprint,
  type Identity,
  issueCertificate,
  type KeyChange,
  makeKeyChange,
  verify,
} from '@consilium/shared/crypto';
import type { BlobHash, PublicKey, SiteId } from '@consilium/shared/ids';
import { followKeeper, readJournal, verifyChain } from '@consilium/shared/journal';
import { manifestDomain, type SignedManifest, silentLog, systemClock } from '@consilium/shared/wire';
import { makeHome, makeKey, realDisk, type SiteHome, siteHome } from '@consilium/site-agent/config';
import { connect } from '@consilium/site-agent/connection';
import { openLedger } from '@consilium/site-agent/governance';
import { followKeys, makeNextKey, openSiteKeys } from '@consilium/site-agent/keys';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consortium, openConsortium } from './harness/consortium.js';
import { exportedRun, type Files, folderOf } from './harness/exported.js';
import { createGate } from './harness/gate.js';
import { type Deliver, deliverHonestly, type LightSite } from './harness/light-site.js';
import { createWatch, newInstance } from './transport/kit.js';

const passphrase = 'a passphrase of a site';
const training = { rounds: 2, optimizer: { name: 'sgd', rate: 0.1 } };
const names = ['hospital-a', 'hospital-b', 'hospital-c'];

describe('keys that change while a run goes on', () => {
  let consortium: Consortium;
  let folder: string;
  let undisturbed: BlobHash;
  let deliver: Deliver = deliverHonestly;
  let whileDown: ((options: CoordinatorOptions) => Promise<void>) | null = null;
  const sites: (LightSite & { readonly home: SiteHome; close(): Promise<void> })[] = [];

  /** What an agent does about its keys, on a light site. */
  async function enrol(name: string): Promise<void> {
    const home = siteHome(join(folder, name));
    await makeHome(home);
    await makeKey(home, passphrase);
    const { keys, ledger, follower } = await openAgentKeys(home);
    const light = await consortium.join(name, {
      identity: keys.current(),
      author: keys.current,
      successor: follower.successor,
      deliver: (delivery) => deliver(delivery),
    });
    follower.follow(light.connection);
    const close = async () => {
      await light.close();
      await follower.close();
      await ledger.close();
    };
    sites.push({ ...light, home, close });
  }

  async function openAgentKeys(home: SiteHome) {
    const keys = await openSiteKeys(home, passphrase);
    const ledger = await openLedger(home.ledger, keys.current(), () => new Date(), realDisk, keys.unnoted());
    const follower = followKeys({ keys, ledger, clock: systemClock, log: silentLog });
    return { keys, ledger, follower };
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'consilium-rekey-'));
    consortium = await openConsortium({
      start: async (options) => {
        await whileDown?.(options);
        whileDown = null;
        return startCoordinator(options);
      },
    });
    for (const name of names) await enrol(name);
    const run = await launch();
    await closed(run);
    undisturbed = (await consortium.model(run)).hash;
  });
  afterAll(async () => {
    for (const site of sites) await site.close();
    await consortium[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const launch = async () => (await consortium.lead.launch(consortium.lead.contract({ training }))).run;
  const closed = (run: string) => consortium.until(run, ({ phase }) => phase === 'closed');
  const member = async (site: SiteId): Promise<ListedMember> => {
    const list = await consortium.lead.call<{ readonly sites: readonly ListedMember[] }>('GET', '/api/sites');
    return list.sites.find((known) => known.site === site)!;
  };
  /** The listed member, once its next key waits for the lead. */
  async function asked(site: SiteId, next: PublicKey): Promise<ListedMember> {
    for (;;) {
      const listed = await member(site);
      if (listed.pending?.publicKey === next) return listed;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  /** The lead confirms a key by the fingerprint that the hospital read out, with the very words of an enrolment. */
  async function approve(listed: ListedMember, given: string): Promise<Certificate> {
    const { lead } = consortium;
    const certificate = approvalOf(lead.identity, { consortium: lead.consortium, member: listed, given });
    await lead.call('POST', `/api/sites/${listed.site}/approve`, { certificate });
    return certificate;
  }
  const enrolmentOf = (site: SiteId) => ({
    ...{ address: consortium.coordinator().url, lead: consortium.lead.identity.publicKey },
    ...{ consortium: consortium.lead.consortium, site },
  });
  const isSignedBy = ({ manifest, signature }: SignedManifest, key: PublicKey) =>
    verify(key, manifestDomain, canonicalBytes(manifest), signature);
  const trainingHeld = (gate: { readonly opened: Promise<void> }, step = 'train:0:2'): Deliver => {
    return async (delivery) => {
      if (delivery.task.work.step === step) await gate.opened;
      return deliverHonestly(delivery);
    };
  };

  it('of a site do not stop the run, nor change its model; what the old key signed before still counts, and nothing after', async () => {
    const [, , site] = sites;
    const gate = createGate();
    deliver = trainingHeld(gate);
    const run = await launch();
    await consortium.until(run, ({ step }) => step === 'train:0:2');
    const former = site!.identity;
    const { identity: next } = await makeNextKey(site!.home, enrolmentOf(site!.site), passphrase);
    const listed = await asked(site!.site, next.publicKey);
    expect(listed).toMatchObject({ state: 'approved' });
    const metrics = await (await fetch(`${consortium.coordinator().url}/metrics`)).text();
    expect(metrics).toContain(`consilium_site_connected{site="${site!.site}"} 1\n`);
    await expect(approve(listed, fingerprint(former.publicKey))).rejects.toMatchObject({
      code: 'CSM-LEAD-FINGERPRINT',
    });
    const moved = createWatch<string>();
    site!.connection.onState((state) => {
      if (state.kind === 'connected') moved.tell(state.welcome.certificate?.body.publicKey ?? '');
    });
    const certificate = await approve(listed, fingerprint(next.publicKey));
    expect(certificate.body).toMatchObject({ revision: 2, publicKey: next.publicKey, revoked: false });
    await moved.until((seen) => seen.includes(next.publicKey));
    gate.open();
    expect(await closed(run)).toMatchObject({ outcome: 'complete', error: null });
    expect((await consortium.model(run)).hash).toBe(undisturbed);

    const journal = await consortium.journal(run);
    const at = journal.findIndex(({ type }) => type === 'site-rekeyed');
    expect(journal[at]?.body).toMatchObject({ site: site!.site, certificate });
    for (const [index, { type, body }] of journal.entries()) {
      if (type !== 'contribution-accepted' || body.site !== site!.site) continue;
      const key = index < at ? former : next;
      expect(isSignedBy(body.contribution as SignedManifest, key.publicKey)).toBe(true);
    }

    await expectVerified(run);
    const old = connect({
      ...{ address: consortium.coordinator().url, identity: former, instance: newInstance() },
      ...{ trust: enrolmentOf(site!.site), clock: systemClock, log: silentLog, signal: new AbortController().signal },
    });
    const refused = createWatch<string>();
    old.onState((state) => state.kind === 'waiting' && refused.tell(state.error.code));
    await refused.until((seen) => seen.length > 0);
    await old.close();
    expect(refused.seen[0]).toBe('CSM-SITE-REPLACED');
  });

  it('of a site are not asked for by others, nor without end', async () => {
    const [site] = sites;
    const notices = createWatch<string>();
    const stop = site!.connection.onNotice(({ code }) => notices.tell(code));
    const holder = { consortium: consortium.lead.consortium, role: 'site', id: site!.site } as const;
    const ask = (change: KeyChange) => site!.connection.sendRekey(change);
    const stranger = createIdentity();
    ask(makeKeyChange({ ...stranger, publicKey: site!.identity.publicKey }, createIdentity(), holder));
    await notices.until((seen) => seen.length === 1);
    ask(makeKeyChange(site!.identity, createIdentity(), { ...holder, id: 'hospital-b' }));
    await notices.until((seen) => seen.length === 2);
    ask(makeKeyChange(site!.identity, sites[1]!.identity, holder));
    await notices.until((seen) => seen.length === 3);
    expect((await member(site!.site)).pending).toBeNull();
    const wishes = Array.from({ length: 11 }, () => makeKeyChange(site!.identity, createIdentity(), holder));
    for (const wish of wishes) ask(wish);
    await notices.until((seen) => seen.length === 4);
    stop();
    expect(new Set(notices.seen)).toEqual(new Set(['CSM-KEY-CHANGE']));
    const listed = await member(site!.site);
    expect(listed.pending?.publicKey).toBe(wishes[9]!.body.to);
    // A coordinator that was broken into cannot slip in a key of its own.
    const forged = { ...listed, pending: { ...listed.pending!, publicKey: stranger.publicKey } } as ListedMember;
    await expect(approve(forged, fingerprint(stranger.publicKey))).rejects.toMatchObject({ code: 'CSM-KEY-CHANGE' });
  });

  it('of a site go on after a crash at any moment of the change', async () => {
    const { lead } = consortium;
    const site = 'hospital-d' as SiteId;
    const home = siteHome(join(folder, site));
    await makeHome(home);
    const first = await makeKey(home, passphrase);
    const light = await consortium.join(site, { identity: first });
    await light.close();

    /** The agent's life from its start until it is killed, which may be in the middle of the change. */
    async function live(until: 'asked' | 'certified', wanted: Identity): Promise<void> {
      const { keys, ledger, follower } = await openAgentKeys(home);
      const stop = new AbortController();
      const connection = connect({
        ...{ address: consortium.coordinator().url, identity: keys.current(), instance: newInstance() },
        ...{ trust: enrolmentOf(site), clock: systemClock, log: silentLog, signal: stop.signal },
        successor: follower.successor,
        backoff: { baseMs: 5, capMs: 40 },
      });
      follower.follow(connection);
      if (until === 'asked') await asked(site, wanted.publicKey);
      else {
        const welcomed = createWatch<string>();
        connection.onState(
          (state) => state.kind === 'connected' && welcomed.tell(state.welcome.certificate?.body.publicKey ?? ''),
        );
        await welcomed.until((seen) => seen.includes(wanted.publicKey));
      }
      await connection.close();
      await follower.close();
      await ledger.append('status', { note: until }, true);
      await ledger.close();
    }
    const next = await makeNextKey(home, enrolmentOf(site), passphrase);
    // Killed before the change file, then before it could ask: the command is typed again, and makes the same key.
    await rm(home.keyChange);
    await live('certified', first);
    expect((await makeNextKey(home, enrolmentOf(site), passphrase)).change).toEqual(next.change);
    // After it had asked, twice.
    await live('asked', next.identity);
    await live('asked', next.identity);
    await approve(await member(site), fingerprint(next.identity.publicKey));
    // After the certificate, which it has not seen; then with the key in its place, and no word of it in the ledger.
    const [key, change, lines] = await Promise.all(
      [home.nextKey, home.keyChange, home.ledger].map((file) => readFile(file)),
    );
    await live('certified', next.identity);
    await expect(readFile(home.nextKey)).rejects.toThrow('ENOENT');
    await expect(readFile(home.keyChange)).rejects.toThrow('ENOENT');
    for (const [file, bytes] of [
      [home.key, key],
      [home.keyChange, change],
      [home.ledger, lines],
    ] as const) {
      await writeFile(file, bytes!);
    }
    await live('certified', next.identity);
    await live('certified', next.identity);
    const records = [];
    for await (const record of readJournal([await readFile(home.ledger)])) records.push(record);
    await verifyChain(records, { verify: followKeeper([first.publicKey]) });
    expect(records.filter(({ type }) => type === 'key-changed')).toMatchObject([{ body: { change: next.change } }]);
    expect((await openSiteKeys(home, passphrase)).current()).toEqual(next.identity);
    await lead.revoke(site, next.identity.publicKey, 3);
  });

  it('of the coordinator do not stop the run, nor change its model; sites refuse the old one from then on', async () => {
    const gate = createGate();
    deliver = trainingHeld(gate);
    const run = await launch();
    await consortium.until(run, ({ step }) => step === 'train:0:2');
    const former = await openCoordinatorHome(consortium.home, 'test');
    const { certificate: formerWord } = await identity();
    const next = await makeCoordinatorKey(consortium.home, 'test');
    expect(await identity()).toMatchObject({
      publicKey: former.identity.publicKey,
      next: { publicKey: next.publicKey },
    });
    const learnt = sites.map(({ connection }) => {
      const revisions = createWatch<number>();
      connection.onState((state) => state.kind === 'connected' && revisions.tell(state.coordinator.revision));
      return revisions;
    });
    const before = (await consortium.lead.call<{ runs: readonly { run: string }[] }>('GET', '/api/runs')).runs.at(-1)!;
    const certificate = await certifyCoordinator(next, 2);
    await Promise.all(learnt.map((revisions) => revisions.until((seen) => seen.includes(2))));
    expect(await identity()).toMatchObject({ publicKey: next.publicKey, next: null, certificate });
    await expect(certifyCoordinator(former.identity, 3)).rejects.toMatchObject({ code: 'CSM-SITE-CERTIFICATE' });
    gate.open();
    expect(await closed(run)).toMatchObject({ outcome: 'complete', error: null });
    expect((await consortium.model(run)).hash).toBe(undisturbed);
    for (const { faults } of sites) expect(faults).toEqual([]);

    const journal = await consortium.journal(run);
    expect(journal.filter(({ type }) => type === 'key-changed')).toMatchObject([{ body: { certificate } }]);
    const chain = readJournal([await consortium.lead.download('/api/journal')]);
    await verifyChain(chain, { verify: followKeeper([former.identity.publicKey]) });
    await expectVerified(run);
    await expect(verifyChain(journal, { verify: followKeeper([next.publicKey]) })).rejects.toMatchObject({
      code: 'CSM-JOURNAL-SIGNATURE',
    });
    expect(formerWord?.body.revision).toBe(1);
    // A run that was closed before is signed by the former key throughout, and its export holds as ever.
    const readme = Buffer.from((await expectVerified(before.run)).get('README.md')!).toString();
    expect(readme).toContain(`coordinator  ${former.identity.publicKey}`);
  });

  it('of the coordinator go on after a crash between the lead’s word and all that follows, and after a backup', async () => {
    const gate = createGate();
    deliver = trainingHeld(gate);
    const run = await launch();
    await consortium.until(run, ({ step }) => step === 'train:0:2');
    const next = await makeCoordinatorKey(consortium.home, 'test');
    whileDown = async ({ home, consortium: id, lead }) => {
      const { identity: present, storeFile } = await openCoordinatorHome(home, 'test');
      const store = await openSqliteStore({ file: storeFile });
      const terms = { store, consortium: id, lead, keeper: () => keeperOf(present), now: () => new Date() };
      const roster = await openSites(terms);
      const change = makeKeyChange(present, next, { consortium: id, role: 'coordinator', id: 'coordinator' });
      await roster.certify(wordOn(next, 3), { ...keeperOf(next), change });
      await store.close();
    };
    await consortium.restart();
    expect(await identity()).toMatchObject({ publicKey: next.publicKey, next: null });
    const copy = join(folder, 'backup');
    await backUp(consortium.home, copy, 'backup-rekey');
    await consortium.restart(copy);
    expect(await identity()).toMatchObject({ publicKey: next.publicKey, next: null });
    gate.open();
    expect(await closed(run)).toMatchObject({ outcome: 'complete', error: null });
    expect((await consortium.model(run)).hash).toBe(undisturbed);
    const journal = await consortium.journal(run);
    expect(journal.filter(({ type }) => type === 'key-changed').length).toBe(1);
    // A hospital that changed its key before the launch has not changed it in this run.
    expect(journal.filter(({ type }) => type === 'site-rekeyed')).toEqual([]);
  });

  it('of the coordinator that cannot be read do not keep it from starting with the present one', async () => {
    const { publicKey } = await identity();
    const file = join(consortium.home, 'coordinator.key.next');
    await writeFile(file, 'no key');
    await consortium.restart();
    await expect(identity()).rejects.toMatchObject({ code: 'CSM-KEY-FORMAT' });
    await rm(file);
    expect(await identity()).toMatchObject({ publicKey, next: null });
  });

  /** The exported run, checked offline by the lead's key alone. */
  async function expectVerified(run: string): Promise<Files> {
    const files = await exportedRun(consortium, run);
    const { signal } = new AbortController();
    const found = await verifyExport(folderOf(files), { lead: consortium.lead.identity.publicKey, signal });
    expect(found.findings).toEqual([]);
    expect(found.folds.filter(({ verdict }) => verdict === 'recomputed').length).toBe(training.rounds);
    return files;
  }

  interface IdentityAnswer {
    readonly publicKey: PublicKey;
    readonly certificate: Certificate | null;
    readonly next: { readonly publicKey: PublicKey } | null;
  }
  const identity = () => consortium.lead.call<IdentityAnswer>('GET', '/api/identity');
  const wordOn = ({ publicKey }: Identity, revision: number): Certificate =>
    issueCertificate(consortium.lead.identity, {
      ...{ consortium: consortium.lead.consortium, role: 'coordinator', id: 'coordinator' },
      ...{ publicKey, revision, revoked: false },
    });
  async function certifyCoordinator(key: Identity, revision: number): Promise<Certificate> {
    const certificate = wordOn(key, revision);
    await consortium.lead.call('POST', '/api/certificate', { certificate });
    return certificate;
  }
});
