import { randomBytes } from 'node:crypto';
import {
  type Certificate,
  type CertificateBody,
  createEnrolmentCode,
  createIdentity,
  issueCertificate,
  makeKeyChange,
  parseEnrolmentCode,
  proveEnrolment,
  verify,
} from '@consilium/shared/crypto';
import { CodedError } from '@consilium/shared/errors';
import { type ConsortiumId, consortiumId, type PublicKey, type SiteId, siteId } from '@consilium/shared/ids';
import { verifyChain } from '@consilium/shared/journal';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keeperOf } from '../home/index.js';
import { openSqliteStore, type Store } from '../store/index.js';
import { approvedSites, openSites, type Sites, type SitesChange, stateOf } from './index.js';

const lead = createIdentity();
const coordinator = createIdentity();
const consortium: ConsortiumId = consortiumId.parse('ab'.repeat(16));
const site: SiteId = siteId.parse('hospital-a');
const transcript = randomBytes(32);
let nowMs: number;
let store: Store;
let sites: Sites;

const now = () => new Date(nowMs);
const reopen = () =>
  openSites({
    store,
    consortium,
    lead: lead.publicKey,
    keeper: () => keeperOf(coordinator),
    now,
  });

beforeEach(async () => {
  nowMs = Date.parse('2026-01-12T09:00:00Z');
  store = await openSqliteStore({ file: ':memory:' });
  sites = await reopen();
});
afterEach(() => store.close());

const nonce = 'A'.repeat(22);

/** Invites a site; returns what its agent would prove with the code. */
async function invite(name: SiteId = site, hours = 24) {
  const notAfter = new Date(nowMs + hours * 3_600_000);
  const address = 'https://coordinator.example.org';
  const code = createEnrolmentCode({ address, lead: lead.publicKey, consortium, site: name, notAfter });
  await sites.invite({ site: name, invitation: code.invitation, nonce, gateKey: code.gateKey, notAfter });
  const { secret } = parseEnrolmentCode(code.text);
  return (publicKey: PublicKey) => ({
    ...proveEnrolment(secret, { transcript, consortium, site: name, publicKey }),
    transcript,
  });
}

const certificate = (publicKey: PublicKey, change: Partial<CertificateBody> = {}): Certificate =>
  issueCertificate(lead, { consortium, role: 'site', id: site, publicKey, revision: 1, revoked: false, ...change });

const code = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (thrown: unknown) => (thrown instanceof CodedError ? thrown.code : thrown),
  );

describe('a site', () => {
  it('goes from invitation to approval to revocation, and the journal tells it again', async () => {
    const key = createIdentity().publicKey;
    const prove = await invite();
    expect(await sites.admit(site, key, prove(key))).toEqual({ standing: 'pending', certificate: null });
    const given = certificate(key);
    await sites.approve(given);
    expect(await sites.admit(site, key, null)).toEqual({ standing: 'approved', certificate: given });
    expect(approvedSites(sites.roster())).toEqual([site]);
    await sites.revoke(certificate(key, { revision: 2, revoked: true }));
    expect(await code(sites.admit(site, key, null))).toBe('CSM-SITE-REVOKED');

    const again = await reopen();
    expect(again.roster()).toEqual(sites.roster());
    expect(await code(again.admit(site, key, null))).toBe('CSM-SITE-REVOKED');
    const keeper = (domain: string, bytes: Uint8Array, signature: string) =>
      verify(coordinator.publicKey, domain, bytes, signature);
    expect((await verifyChain(sites.journal(), { verify: keeper })).records).toBe(5);
    const row = await store.read((db) => db.selectFrom('sites').selectAll().executeTakeFirst());
    expect(row).toMatchObject({ site, standing: 'revoked', revision: 2 });
  });

  it('comes back after a revocation by a new code and the next revision alone', async () => {
    const old = createIdentity().publicKey;
    await sites.admit(site, old, (await invite())(old));
    await sites.approve(certificate(old));
    await sites.revoke(certificate(old, { revision: 2, revoked: true }));
    const key = createIdentity().publicKey;
    await sites.admit(site, key, (await invite())(key));
    expect(await code(sites.approve(certificate(key, { revision: 1 })))).toBe('CSM-SITE-CERTIFICATE');
    await sites.approve(certificate(key, { revision: 3 }));
    expect([sites.standing(site, key), sites.standing(site, old)]).toEqual(['approved', 'unknown']);
  });

  it('changes its key: the old one stays until the new one is approved, then is told to go', async () => {
    const [old, key] = [createIdentity().publicKey, createIdentity().publicKey];
    await sites.admit(site, old, (await invite())(old));
    await sites.approve(certificate(old));
    await sites.admit(site, key, (await invite())(key));
    expect([sites.standing(site, old), sites.standing(site, key)]).toEqual(['approved', 'pending']);
    const changes: SitesChange[] = [];
    sites.subscribe((change) => changes.push(change));
    await sites.approve(certificate(key, { revision: 2 }));
    expect(changes).toEqual([
      { kind: 'replaced', site, publicKey: old, certificate: certificate(key, { revision: 2 }) },
      { kind: 'approved', site, publicKey: key },
    ]);
  });

  it('is approved all the while that its next key waits for the lead, in lists and tables as well', async () => {
    const [old, next] = [createIdentity(), createIdentity()];
    await sites.admit(site, old.publicKey, (await invite())(old.publicKey));
    await sites.approve(certificate(old.publicKey));
    const change = makeKeyChange(old, next, { consortium, role: 'site', id: site });
    await sites.askRekey(site, change);
    const member = sites.roster().members.get(site);
    expect([member?.pending?.publicKey, member && stateOf(member)]).toEqual([next.publicKey, 'approved']);
    const row = await store.read((db) => db.selectFrom('sites').selectAll().executeTakeFirst());
    expect(row).toMatchObject({ standing: 'approved', publicKey: next.publicKey });
    const key = createIdentity().publicKey;
    await sites.admit(site, key, (await invite())(key));
    expect(await code(sites.askRekey(site, change))).toBe('CSM-KEY-CHANGE');
    expect(sites.roster().members.get(site)?.pending?.publicKey).toBe(key);
  });

  it('that nobody invited stays outside', async () => {
    expect(await code(sites.admit(site, createIdentity().publicKey, null))).toBe('CSM-SITE-UNKNOWN');
  });
});

describe('a one-time code', () => {
  it('serves one key: the same may come again, another is told to call the lead', async () => {
    const [key, thief] = [createIdentity().publicKey, createIdentity().publicKey];
    const prove = await invite();
    await sites.admit(site, key, prove(key));
    expect((await sites.admit(site, key, prove(key))).standing).toBe('pending');
    expect(await code(sites.admit(site, thief, prove(thief)))).toBe('CSM-INVITE-USED');
  });

  it('serves one key even when two come at once', async () => {
    const keys = Array.from({ length: 5 }, () => createIdentity().publicKey);
    const prove = await invite();
    const answers = await Promise.all(keys.map((key) => code(sites.admit(site, key, prove(key)))));
    expect(answers.sort()).toEqual([...Array<string>(4).fill('CSM-INVITE-USED'), 'done']);
  });

  it('ends', async () => {
    const key = createIdentity().publicKey;
    const prove = await invite(site, 1);
    nowMs += 3_600_001;
    expect(await code(sites.admit(site, key, prove(key)))).toBe('CSM-INVITE-EXPIRED');
  });

  it('ends with the next one', async () => {
    const key = createIdentity().publicKey;
    const prove = await invite();
    await invite();
    expect(await code(sites.admit(site, key, prove(key)))).toBe('CSM-INVITE-REPLACED');
  });

  it('is for its site', async () => {
    const key = createIdentity().publicKey;
    const prove = await invite(siteId.parse('hospital-b'));
    expect(await code(sites.admit(site, key, prove(key)))).toBe('CSM-INVITE-UNKNOWN');
  });

  it('must be held, not only named', async () => {
    const key = createIdentity().publicKey;
    const proof = (await invite())(key);
    expect(await code(sites.admit(site, key, { ...proof, transcript: randomBytes(32) }))).toBe('CSM-INVITE-PROOF');
    expect(await code(sites.admit(site, key, { ...proof, gateProof: 'A'.repeat(43) }))).toBe('CSM-INVITE-PROOF');
    expect(sites.standing(site, key)).toBe('unknown');
    expect((await sites.admit(site, key, proof)).standing).toBe('pending');
  });

  it('is registered once and not after its end', async () => {
    const notAfter = new Date(nowMs + 1000);
    const terms = { address: 'https://a.example', lead: lead.publicKey, consortium, site, notAfter };
    const { invitation, gateKey } = createEnrolmentCode(terms);
    await sites.invite({ site, invitation, nonce, gateKey, notAfter });
    expect(await code(sites.invite({ site, invitation, nonce, gateKey, notAfter }))).toBe('CSM-INVITE-EXISTS');
    const late = createEnrolmentCode(terms);
    expect(await code(sites.invite({ ...late, nonce, site, notAfter: now() }))).toBe('CSM-INVITE-EXPIRED');
  });
});

describe('a certificate', () => {
  const key = createIdentity().publicKey;
  beforeEach(async () => {
    await sites.admit(site, key, (await invite())(key));
  });

  it.each<[string, () => Certificate]>([
    ['of another key', () => certificate(createIdentity().publicKey)],
    ['of another consortium', () => certificate(key, { consortium: consortiumId.parse('cd'.repeat(16)) })],
    ['that revokes', () => certificate(key, { revoked: true })],
    ['of another role', () => certificate(key, { role: 'coordinator' })],
    ['that the lead did not sign', () => issueCertificate(createIdentity(), certificate(key).body)],
    ['that was altered', () => ({ ...certificate(key), body: { ...certificate(key).body, revision: 2 } })],
  ])('%s is not taken', async (_, make) => {
    expect(await code(sites.approve(make()))).toBe('CSM-SITE-CERTIFICATE');
    expect(sites.standing(site, key)).toBe('pending');
  });

  it('for a site without a pending key is not taken', async () => {
    await sites.approve(certificate(key));
    expect(await code(sites.approve(certificate(key, { revision: 2 })))).toBe('CSM-SITE-NOT-PENDING');
  });

  it('that revokes a key which waits ends that key', async () => {
    await sites.revoke(certificate(key, { revoked: true }));
    const member = sites.roster().members.get(site);
    expect([sites.standing(site, key), member && stateOf(member)]).toEqual(['revoked', 'revoked']);
    expect(await code(sites.revoke(certificate(key, { revision: 2, revoked: true })))).toBe('CSM-SITE-NO-KEY');
  });

  it('for the coordinator is kept, and may come twice', async () => {
    const own = certificate(coordinator.publicKey, { role: 'coordinator', id: 'coordinator' });
    await sites.certify(own, null);
    await sites.certify(own, null);
    expect(sites.roster().coordinator).toEqual(own);
    expect(await code(sites.certify(certificate(key), null))).toBe('CSM-SITE-CERTIFICATE');
  });
});

it('revocation is told at once, after it is on the disk', async () => {
  const key = createIdentity().publicKey;
  await sites.admit(site, key, (await invite())(key));
  await sites.approve(certificate(key));
  const seen: unknown[] = [];
  sites.subscribe((change) => seen.push([change, sites.standing(site, key)]));
  await sites.revoke(certificate(key, { revision: 2, revoked: true }));
  expect(seen).toEqual([[{ kind: 'revoked', site, publicKey: key }, 'revoked']]);
});

it('a folder of another consortium or lead is refused', async () => {
  const other = {
    store,
    consortium,
    lead: createIdentity().publicKey,
    now,
    keeper: () => keeperOf(coordinator),
  };
  expect(await code(openSites(other))).toBe('CSM-SITE-CONSORTIUM');
});

it('runs and collisions are journaled', async () => {
  await invite();
  await sites.collided(site);
  const [run, contract] = ['ab'.repeat(16), 'cd'.repeat(32)];
  const { runId, blobHash } = await import('@consilium/shared/ids');
  await sites.launched(runId.parse(run), blobHash.parse(contract));
  await sites.launched(runId.parse(run), blobHash.parse(contract));
  expect([...sites.roster().runs]).toEqual([[run, contract]]);
  expect(sites.roster().members.get(site)?.collisions).toBe(1);
});
