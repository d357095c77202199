import type { BlobHash, RunId, SiteId } from '@consilium/shared/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openSqliteStore } from './sqlite.js';
import { north, runRow, south, time, train1 } from './store.conformance.js';
import type { Store } from './store.js';
import {
  acceptedOfSite,
  type ContributionRow,
  contributionsOf,
  countUsers,
  endSession,
  endSessionsOf,
  forgetNonces,
  forgetSessions,
  invitationOf,
  listInvitations,
  listRuns,
  listSites,
  listUsers,
  type MetricRow,
  metricsOf,
  patchRun,
  putContribution,
  putInvitation,
  putMetrics,
  putRun,
  putSession,
  putSetting,
  putSite,
  putUser,
  removeUser,
  runOf,
  type SiteRow,
  sessionOf,
  settingOf,
  siteOf,
  spendInvitation,
  spendNonce,
  touchSession,
  trafficOf,
  type UserRow,
  userOf,
  userOfSetup,
} from './tables/index.js';

let store: Store;
beforeEach(async () => {
  store = await openSqliteStore({ file: ':memory:' });
});
afterEach(() => store.close());

const hash = (digit: string) => digit.repeat(64) as BlobHash;
const { run } = runRow();

describe('runs', () => {
  it('are put, changed and listed newest first, without their contract', async () => {
    const later = runRow({ run: 'ef'.repeat(16) as RunId, created: '2026-03-02T09:00:00.000Z', contract: '{"big":1}' });
    await store.write(async (tx) => {
      await putRun(tx, runRow());
      await putRun(tx, later);
      await putRun(tx, runRow({ phase: 'running', step: train1 }));
      await patchRun(tx, later.run, { outcome: 'failed', cause: 'CSM-RUN-QUORUM', bestRound: 3 });
    });
    expect(await store.read((db) => runOf(db, run))).toEqual(runRow({ phase: 'running', step: train1 }));
    const { contract: _, ...summary } = later;
    const listed = await store.read(listRuns);
    expect(listed.map((one) => one.run)).toEqual([later.run, run]);
    expect(listed[0]).toEqual({ ...summary, outcome: 'failed', cause: 'CSM-RUN-QUORUM', bestRound: 3 });
    expect(await store.read((db) => runOf(db, 'absent' as RunId))).toBeNull();
  });
});

describe('contributions', () => {
  const row = (changes: Partial<ContributionRow> = {}): ContributionRow => ({
    run,
    step: train1,
    site: north,
    kind: 'update',
    hash: hash('1'),
    bytes: 400,
    samples: 40,
    outcome: 'accepted',
    code: null,
    at: time,
    ...changes,
  });
  beforeEach(() => store.write((tx) => putRun(tx, runRow())));

  it('come back by step, and the accepted one by site', async () => {
    const refused = row({
      hash: hash('2'),
      outcome: 'refused',
      code: 'CSM-UPDATE-NORM',
      at: '2026-03-01T08:00:00.000Z',
    });
    const other = row({ site: south, hash: hash('3') });
    const elsewhere = row({ step: 'train:0:2' as typeof train1 });
    await store.write(async (tx) => {
      for (const one of [other, row(), refused, elsewhere, row()]) await putContribution(tx, one);
    });
    const accepted = (site: SiteId, step = train1) => store.read((db) => acceptedOfSite(db, { run, step, site }));
    expect(await accepted(row().site)).toEqual(row());
    expect(await accepted(south)).toEqual(other);
    expect(await accepted(south, elsewhere.step)).toBeNull();
    expect(await store.read((db) => contributionsOf(db, run, train1))).toEqual([refused, row(), other]);
    expect(await store.read((db) => trafficOf(db, run))).toEqual([
      { site: north, contributions: 2, refusals: 1, bytes: 1200 },
      { site: south, contributions: 1, refusals: 0, bytes: 400 },
    ]);
  });

  it('hold one accepted blob for each site and step', async () => {
    await store.write((tx) => putContribution(tx, row()));
    await expect(store.write((tx) => putContribution(tx, row({ hash: hash('2') })))).rejects.toThrow();
    expect(await store.read((db) => acceptedOfSite(db, row()))).toEqual(row());
  });

  it('belong to a run that exists', async () => {
    await expect(store.write((tx) => putContribution(tx, row({ run: 'absent' as RunId })))).rejects.toThrow();
  });
});

describe('metrics', () => {
  const row = (site: SiteId | null, name: string, value: number | null, round = 1): MetricRow => ({
    run,
    step: train1,
    round,
    site,
    name,
    value,
  });

  it('come back by round, pooled first, and can be narrowed', async () => {
    const rows = [
      row(null, 'accuracy', 0.75),
      row(north, 'accuracy', 0.5),
      row(north, 'auc', null),
      row(south, 'accuracy', 1),
      row(null, 'accuracy', 0.8, 2),
    ];
    await store.write(async (tx) => {
      await putRun(tx, runRow());
      await putMetrics(tx, []);
      await putMetrics(
        tx,
        rows.toReversed().map((one) => ({ ...one, value: 0 })),
      );
      await putMetrics(tx, rows);
    });
    const read = (only?: Parameters<typeof metricsOf>[2]) => store.read((db) => metricsOf(db, run, only));
    expect(await read()).toEqual(rows);
    expect(await read({ site: null })).toEqual([rows[0], rows[4]]);
    expect(await read({ site: north, name: 'auc' })).toEqual([rows[2]]);
    expect(await read({ step: 'train:0:9' as typeof train1 })).toEqual([]);
  });

  it('keep apart a pooled figure and a hospital called pooled', async () => {
    const rows = [row(null, 'accuracy', 0.1), row('pooled' as SiteId, 'accuracy', 0.2)];
    await store.write(async (tx) => {
      await putRun(tx, runRow());
      await putMetrics(tx, rows);
    });
    expect(await store.read((db) => metricsOf(db, run))).toEqual(rows);
  });

  it('may be many at once', async () => {
    const rows = Array.from({ length: 5000 }, (_, at) => row(north, `m${String(at).padStart(4, '0')}`, at / 3));
    await store.write(async (tx) => {
      await putRun(tx, runRow());
      await putMetrics(tx, rows);
    });
    expect(await store.read((db) => metricsOf(db, run))).toEqual(rows);
  });
});

describe('sites', () => {
  const row = (changes: Partial<SiteRow> = {}): SiteRow => ({
    site: north,
    publicKey: null,
    standing: 'invited',
    certificate: null,
    revision: 0,
    fingerprint: null,
    invitation: 'i1',
    leadProof: null,
    updated: time,
    ...changes,
  });
  const publicKey = 'A'.repeat(43) as NonNullable<SiteRow['publicKey']>;
  const certificate = {
    body: { consortium: 'ab'.repeat(16), role: 'site', id: 'north', publicKey, revision: 1, revoked: false },
    signature: 'B'.repeat(86),
  } as NonNullable<SiteRow['certificate']>;

  it('keep their certificate as the lead signed it', async () => {
    const approved = row({ publicKey, standing: 'approved', certificate, revision: 1, fingerprint: 'K7QX-2MFA' });
    await store.write(async (tx) => {
      await putSite(tx, row({ site: south }));
      await putSite(tx, row());
      await putSite(tx, approved);
    });
    expect(await store.read((db) => siteOf(db, north))).toEqual(approved);
    expect(await store.read(listSites)).toEqual([approved, row({ site: south })]);
    expect(await store.read((db) => siteOf(db, 'absent' as SiteId))).toBeNull();
  });
});

describe('invitations', () => {
  it('are spent once', async () => {
    const row = { invitation: 'i1', site: north, gateKey: 'key', notAfter: time, usedAt: null };
    await store.write((tx) => putInvitation(tx, row));
    expect(await store.write((tx) => spendInvitation(tx, 'i1', time))).toBe(true);
    expect(await store.write((tx) => spendInvitation(tx, 'i1', '2027-01-01T00:00:00.000Z'))).toBe(false);
    expect(await store.write((tx) => spendInvitation(tx, 'unknown', time))).toBe(false);
    expect(await store.read((db) => invitationOf(db, 'i1'))).toEqual({ ...row, usedAt: time });
    expect(await store.read((db) => invitationOf(db, 'unknown'))).toBeNull();
    expect(await store.read(listInvitations)).toHaveLength(1);
  });
});

describe('users and sessions', () => {
  const user: UserRow = {
    name: 'ada',
    passwordHash: 'scrypt$1',
    role: 'site',
    site: north,
    setupHash: null,
    setupUntilMs: null,
    created: time,
  };
  const session = { tokenHash: 't1', user: 'ada', created: time, expiresMs: 1_000_000_000_000, usedMs: 0 };

  it('sign in until the session ends', async () => {
    await store.write(async (tx) => {
      await putUser(tx, user);
      await putSession(tx, session);
    });
    const at = (nowMs: number) => store.read((db) => sessionOf(db, 't1', nowMs));
    expect(await at(session.expiresMs - 1)).toEqual(session);
    expect(await at(session.expiresMs)).toBeNull();
    await store.write((tx) => forgetSessions(tx, session.expiresMs - 1));
    expect(await at(0)).toEqual(session);
    await store.write((tx) => forgetSessions(tx, session.expiresMs));
    expect(await at(0)).toBeNull();
    await store.write((tx) => putSession(tx, session));
    await store.write((tx) => endSession(tx, 't1'));
    expect(await at(0)).toBeNull();
  });

  it('change a password and keep the day of creation', async () => {
    await store.write((tx) => putUser(tx, user));
    await store.write((tx) => putUser(tx, { ...user, passwordHash: 'scrypt$2', created: 'later' }));
    expect(await store.read((db) => userOf(db, 'ada'))).toEqual({ ...user, passwordHash: 'scrypt$2' });
    expect(await store.read(countUsers)).toBe(1);
  });

  it('are found by a link until it ends', async () => {
    await store.write((tx) => putUser(tx, { ...user, passwordHash: '', setupHash: 'link', setupUntilMs: 1000 }));
    expect(await store.read((db) => userOfSetup(db, 'link', 999))).toMatchObject({ name: 'ada', site: north });
    expect(await store.read((db) => userOfSetup(db, 'link', 1000))).toBeNull();
    expect(await store.read((db) => userOfSetup(db, 'other', 0))).toBeNull();
    expect(await store.read(listUsers)).toHaveLength(1);
  });

  it('end all at once', async () => {
    await store.write(async (tx) => {
      await putUser(tx, user);
      await putUser(tx, { ...user, name: 'ben' });
      for (const tokenHash of ['t1', 't2']) await putSession(tx, { ...session, tokenHash });
      await putSession(tx, { ...session, tokenHash: 'b1', user: 'ben' });
      await touchSession(tx, 'b1', 77);
      await endSessionsOf(tx, 'ada');
    });
    const at = (token: string) => store.read((db) => sessionOf(db, token, 0));
    expect([await at('t1'), await at('t2'), (await at('b1'))?.usedMs]).toEqual([null, null, 77]);
  });

  it('end with the user', async () => {
    await store.write(async (tx) => {
      await putUser(tx, user);
      await putSession(tx, session);
      expect(await removeUser(tx, 'ada')).toBe(true);
      expect(await removeUser(tx, 'ada')).toBe(false);
    });
    expect(await store.read(countUsers)).toBe(0);
    expect(await store.read((db) => sessionOf(db, 't1', 0))).toBeNull();
    await expect(store.write((tx) => putSession(tx, session))).rejects.toThrow();
  });
});

describe('nonces', () => {
  it('are spent once, until they are old', async () => {
    const spend = (nonce: string, expiresMs: number) => store.write((tx) => spendNonce(tx, { nonce, expiresMs }));
    expect(await spend('a', 1000)).toBe(true);
    expect(await spend('a', 2000)).toBe(false);
    expect(await spend('b', 2000)).toBe(true);
    await store.write((tx) => forgetNonces(tx, 1000));
    expect(await spend('a', 3000)).toBe(true);
    expect(await spend('b', 3000)).toBe(false);
  });

  it('are spent by one of many calls at once', async () => {
    const calls = Array.from({ length: 5 }, () => store.write((tx) => spendNonce(tx, { nonce: 'n', expiresMs: 1 })));
    expect((await Promise.all(calls)).filter((spent) => spent)).toHaveLength(1);
  });
});

describe('settings', () => {
  it('come back through their schema', async () => {
    const schema = z.strictObject({ days: z.int() });
    const read = () => store.read((db) => settingOf(db, 'retention', schema));
    expect(await read()).toBeNull();
    await store.write((tx) => putSetting(tx, 'retention', { days: 1 }));
    await store.write((tx) => putSetting(tx, 'retention', { days: 30 }));
    expect(await read()).toEqual({ days: 30 });
    await store.write((tx) => putSetting(tx, 'retention', 'for ever'));
    await expect(read()).rejects.toThrow();
    await expect(store.write((tx) => putSetting(tx, 'retention', undefined))).rejects.toThrow(TypeError);
  });
});
