import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { makeNextKey as makeCoordinatorKey, openCoordinatorHome, ownKey } from '@consilium/coordinator/home';
import { createIdentity, type Identity, type KeyChange, sealSecret } from '@consilium/shared/crypto';
import { CodedError } from '@consilium/shared/errors';
import { consortiumId, siteId } from '@consilium/shared/ids';
import { followKeeper, type JournalRecord, readJournal, verifyChain } from '@consilium/shared/journal';
import { type Clock, silentLog } from '@consilium/shared/wire';
import { type Disk, makeHome, makeKey, realDisk, type SiteHome, siteHome } from '@consilium/site-agent/config';
import { openLedger } from '@consilium/site-agent/governance';
import { followKeys, makeNextKey, openSiteKeys } from '@consilium/site-agent/keys';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Decide, failingDisk, fullAt, Killed, killedAfter, noSpace, type Operation } from './failing-disk.js';
import { weakKeys } from './weak-keys.js';

const passphrase = 'a passphrase of a site';
const enrolment = {
  address: 'https://coordinator.example',
  lead: createIdentity().publicKey,
  consortium: consortiumId.parse('c'.repeat(32)),
  site: siteId.parse('hospital-a'),
};
const now = () => new Date('2026-01-02T03:04:05Z');
const turn = () => new Promise((resolve) => setImmediate(resolve));

let folder: string;
/** A site that has its first key, and a line of it in the ledger. */
let settled: SiteHome;
let first: Identity;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-key-change-'));
  settled = siteHome(join(folder, 'settled'));
  await makeHome(settled);
  first = createIdentity();
  await writeFile(settled.key, JSON.stringify(await sealSecret(first.secretKey, passphrase, { cost: 2 ** 10 })));
  const ledger = await openLedger(settled.ledger, first, now);
  await ledger.append('status', { of: 'the first key' }, true);
  await ledger.close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function newSite(name: string): Promise<SiteHome> {
  const home = siteHome(join(folder, name));
  await cp(settled.folder, home.folder, { recursive: true });
  return home;
}

/** What an agent does about its keys; what goes over a network, the test does by hand. */
async function openAgent(home: SiteHome, disk: Disk = realDisk) {
  const asked: KeyChange[] = [];
  const warnings: string[] = [];
  let nowMs = 0;
  let lookAgain = () => {};
  const clock: Clock = {
    now: () => nowMs,
    after(_, run) {
      lookAgain = run;
      return () => {
        lookAgain = () => {};
      };
    },
  };
  const log = { ...silentLog, warn: ({ code }: { code?: unknown }) => void warnings.push(String(code)) };
  const keys = await openSiteKeys(home, passphrase, disk);
  const ledger = await openLedger(home.ledger, keys.current(), now, disk, keys.unnoted());
  const follower = followKeys({ keys, ledger, clock, log });
  follower.follow({ sendRekey: (change) => void asked.push(change) });
  return {
    ...{ keys, ledger, asked, warnings },
    look: () => lookAgain(),
    pass(ms: number) {
      nowMs += ms;
    },
    /** The coordinator welcomes a key that was next. */
    welcome: (key: Identity) => follower.successor.adopted(key),
    async close() {
      await follower.close();
      await ledger.close();
    },
  };
}

type Agent = Awaited<ReturnType<typeof openAgent>>;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

/** The ledger's lines, verified from the first key on, as the next agent would. */
async function linesOf(home: SiteHome): Promise<readonly JournalRecord[]> {
  const records: JournalRecord[] = [];
  for await (const record of readJournal([await readFile(home.ledger)])) records.push(record);
  await verifyChain(records, { verify: followKeeper([first.publicKey]) });
  return records;
}

const leftIn = async ({ folder: own, nextKey, keyChange }: SiteHome) =>
  (await readdir(own)).filter((name) => [nextKey, keyChange].includes(join(own, name)));

/** The change is done: the next agent has the key, the ledger tells of it once, and nothing else is left. */
async function expectChanged(home: SiteHome, key: Identity): Promise<void> {
  const agent = await openAgent(home);
  await agent.ledger.append('status', { of: 'the next agent' }, true);
  await agent.close();
  expect(agent.keys.current()).toEqual(key);
  expect(agent.warnings).toEqual([]);
  const changes = (await linesOf(home)).filter(({ type }) => type === 'key-changed');
  expect(changes).toMatchObject([{ body: { change: { body: { to: key.publicKey } } } }]);
  expect(await leftIn(home)).toEqual([]);
}

/**
 * A whole change of a site's key, over as many commands and agents as it takes.
 * @param ends.after what the rest goes by, once an operation on the disk was struck: the same disk, or another for another process
 */
async function changeKey(
  home: SiteHome,
  disk: Disk,
  { isStruck, after }: { readonly isStruck: () => boolean; readonly after: () => Disk },
): Promise<Identity> {
  let ground = disk;
  async function tried<Result>(work: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await work();
      } catch (thrown) {
        const isFull = thrown instanceof CodedError && thrown.code === 'CSM-AGENT-DISK';
        if (!isFull && !(thrown instanceof Killed)) throw thrown;
        ground = after();
      }
    }
  }
  /** Agents live until one has come so far. The lead has certified a key, or none. */
  const live = (certified: Identity | null, goal: (agent: Agent) => boolean) =>
    tried(async () => {
      const own = ground;
      const agent = await openAgent(home, own);
      try {
        await agent.ledger.append('status', { of: 'an agent' }, true);
        if (certified !== null && agent.keys.current().publicKey !== certified.publicKey) agent.welcome(certified);
        const line = agent.ledger.append('status', { of: 'an agent in that moment' }, false);
        line.catch(() => {});
        await until(() => goal(agent) || isStruck());
        await line;
        if (after() !== own && isStruck()) throw new Killed(false);
        agent.look();
        await until(() => goal(agent));
      } finally {
        await agent.close();
      }
    });
  const { identity } = await tried(() => makeNextKey(home, enrolment, passphrase, ground));
  await live(null, ({ asked }) => asked.some(({ body }) => body.to === identity.publicKey));
  await live(identity, ({ keys }) => keys.current().publicKey === identity.publicKey && keys.unnoted() === null);
  return identity;
}

/** An operation on the disk in words that are the same each time. */
const wordOf = ({ name, path }: Operation): string =>
  `${name} ${basename(path).replace(/\.[0-9a-f]{8}\.part/, '.PART')}`;

/** Goes through a whole change again and again, each time with another operation on the disk struck. */
async function throughEach(strike: (at: number) => Decide, after: (own: Disk) => Disk): Promise<readonly string[]> {
  const seen: string[] = [];
  for (let at = 0; ; at++) {
    const home = await newSite(`struck-${at}`);
    const decide = strike(at);
    let struck: string | null = null;
    const own = failingDisk((operation) => {
      try {
        decide(operation);
      } catch (thrown) {
        struck ??= wordOf(operation);
        throw thrown;
      }
    });
    const ends = { isStruck: () => struck !== null, after: () => after(own) };
    await expectChanged(home, await changeKey(home, own, ends));
    await rm(home.folder, { recursive: true });
    if (struck === null) return seen;
    seen.push(struck);
  }
}

/** Some of what a change does on the disk, from its first step to its last. */
const deeds = [
  ...['write site.key.next.PART', 'rename site.key.next', 'write key-change.json.PART', 'rename key-change.json'],
  ...['open ledger.jsonl', 'write ledger.jsonl', 'write site.key.PART', 'rename site.key'],
  ...['remove site.key.next', 'remove key-change.json'],
];

describe('a change of a site’s key', () => {
  it('goes on in the next agent when one was killed at any operation on its disk', async () => {
    const seen = await throughEach(killedAfter, () => realDisk);
    expect(seen).toEqual(expect.arrayContaining(deeds));
  });

  it('goes on in the same agent, once there is room, when its disk was full at any operation', async () => {
    const seen = await throughEach(fullAt, (own) => own);
    expect(seen).toEqual(expect.arrayContaining(deeds));
  });

  it('leaves a ledger that verifies when the disk was full at that moment, in this agent and in one that starts on it', async () => {
    for (const restarts of [false, true]) {
      const home = await newSite(`full-${restarts}`);
      const { identity } = await makeNextKey(home, enrolment, passphrase);
      let isFull = false;
      const disk = failingDisk(({ name, path }) => {
        if (isFull && name === 'write' && path === home.ledger) noSpace();
      });
      let agent = await openAgent(home, disk);
      isFull = true;
      agent.welcome(identity);
      await until(() => agent.warnings.length > 0);
      if (restarts) {
        await agent.close();
        agent = await openAgent(home, disk);
        await until(() => agent.warnings.length > 0);
      }
      await expect(agent.ledger.append('update', {}, true)).rejects.toMatchObject({ code: 'CSM-AGENT-DISK' });
      agent.look();
      await turn();
      expect(agent.warnings).toEqual(['CSM-AGENT-DISK']);
      isFull = false;
      await agent.ledger.append('update', {}, true);
      expect((await linesOf(home)).map(({ type }) => type)).toEqual(['status', 'key-changed', 'update']);
      agent.look();
      await until(() => agent.keys.unnoted() === null);
      await agent.close();
      await expectChanged(home, identity);
    }
  });

  it('puts the key in its place that the lead has certified, whatever was made meanwhile', async () => {
    const home = await newSite('another');
    const { identity } = await makeNextKey(home, enrolment, passphrase);
    const agent = await openAgent(home);
    await rm(home.nextKey);
    const another = await makeNextKey(home, enrolment, passphrase);
    agent.welcome(identity);
    await until(() => agent.keys.unnoted() === null);
    expect(another.identity.publicKey).not.toBe(identity.publicKey);
    await agent.close();
    await expectChanged(home, identity);
  });

  it('tells of the newest key that was made for it, and of each again until the lead has a word for one', async () => {
    const home = await newSite('newest');
    const asked = (agent: Agent) => agent.asked.map(({ body }) => body.to);
    const one = await makeNextKey(home, enrolment, passphrase);
    const agent = await openAgent(home);
    await until(() => agent.asked.length === 1);
    await rm(home.nextKey);
    const two = await makeNextKey(home, enrolment, passphrase);
    agent.look();
    await until(() => agent.asked.length === 2);
    agent.look();
    agent.pass(60_000);
    agent.look();
    await until(() => agent.asked.length === 3);
    expect(asked(agent)).toEqual([one, two, two].map(({ identity }) => identity.publicKey));
    agent.welcome(two.identity);
    await agent.close();
    await expectChanged(home, two.identity);
  });

  it('is begun anew, and not from a key that is in its place already or that a revoked one had named', async () => {
    const home = await newSite('again');
    await cp(home.key, home.nextKey);
    const made = await makeNextKey(home, enrolment, passphrase);
    expect(made.identity.publicKey).not.toBe(first.publicKey);
    await rm(home.key);
    await makeKey(home, passphrase);
    expect(await leftIn(home)).toEqual([]);
  });

  it('that cannot be read keeps no agent from its present key, and is told once', async () => {
    const home = await newSite('garbage');
    await makeNextKey(home, enrolment, passphrase);
    await writeFile(home.nextKey, 'no key');
    const agent = await openAgent(home);
    for (let looks = 0; looks < 3; looks++) agent.look();
    await agent.close();
    expect(agent.keys.current()).toEqual(first);
    expect(agent.warnings).toEqual(['CSM-KEY-FORMAT']);
    await rm(home.keyChange);
    await mkdir(home.keyChange);
    await (await openAgent(home)).close();
  });
});

describe('a change of the coordinator’s key', () => {
  /** Over as many commands and starts as it takes; a key that the lead certified is never lost. */
  async function change(folder: string, disk: Disk, onward: () => Disk): Promise<Identity> {
    let ground = disk;
    async function tried<Result>(work: () => Promise<Result>): Promise<Result> {
      for (;;) {
        try {
          return await work();
        } catch (thrown) {
          const isFull = thrown instanceof CodedError && thrown.code === 'CSM-HOME-UNWRITABLE';
          if (!isFull && !(thrown instanceof Killed)) throw thrown;
          ground = onward();
        }
      }
    }
    const next = await tried(() => makeCoordinatorKey(folder, passphrase, ground));
    return tried(async () => {
      const own = ownKey(await openCoordinatorHome(folder, passphrase, ground), enrolment.consortium);
      // The lead has said its word: a start makes up for what the one before did not do.
      if (own.current().publicKey === next.publicKey) return own.current();
      expect((await own.next())?.publicKey).toBe(next.publicKey);
      const done = own.certified(next.publicKey);
      expect(own.current().publicKey).toBe(next.publicKey);
      await done;
      expect(await own.next()).toBeNull();
      return own.current();
    });
  }

  it.each<[string, (at: number) => Decide, (own: Disk) => Disk]>([
    ['goes on at the next start when it was killed at any operation on its disk', killedAfter, () => realDisk],
    ['goes on once there is room when its disk was full at any operation', fullAt, (own) => own],
  ])('%s', async (_, strike, onward) => {
    const whole = join(folder, `coordinator-${strike.name}`);
    await weakKeys({ home: whole, passphrase });
    const seen: string[] = [];
    for (let at = 0; ; at++) {
      const home = `${whole}-${at}`;
      await cp(whole, home, { recursive: true });
      const decide = strike(at);
      let struck: string | null = null;
      const own = failingDisk((operation) => {
        try {
          decide(operation);
        } catch (thrown) {
          struck ??= wordOf(operation);
          throw thrown;
        }
      });
      const key = await change(home, own, () => onward(own));
      expect((await openCoordinatorHome(home, passphrase)).identity).toEqual(key);
      expect(await readdir(home)).not.toContain('coordinator.key.next');
      await rm(home, { recursive: true });
      if (struck === null) break;
      seen.push(struck);
    }
    const steps = ['open', 'write', 'sync'].map((name) => `${name} coordinator.key.next.PART`);
    expect(seen).toEqual(expect.arrayContaining([...steps, 'rename coordinator.key.next', 'rename coordinator.key']));
  });

  it('puts the key in its place that the lead has certified, whatever was made meanwhile', async () => {
    const home = join(folder, 'coordinator-another');
    await weakKeys({ home, passphrase });
    const certified = await makeCoordinatorKey(home, passphrase);
    const own = ownKey(await openCoordinatorHome(home, passphrase), enrolment.consortium);
    await own.next();
    await rm(join(home, 'coordinator.key.next'));
    const another = await makeCoordinatorKey(home, passphrase);
    await own.certified(certified.publicKey);
    expect((await openCoordinatorHome(home, passphrase)).identity).toEqual(certified);
    expect((await own.next())?.change.body).toMatchObject({ from: certified.publicKey, to: another.publicKey });
  });
});
