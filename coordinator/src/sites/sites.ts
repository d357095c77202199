import { canonicalBytes } from '@consilium/shared/canonical';
import {
  type Certificate,
  certificateDomain,
  checkGateProof,
  checkKeyChange,
  type EnrolmentProof,
  type InvitationId,
  type KeyChange,
  verify,
} from '@consilium/shared/crypto';
import { coded, fail } from '@consilium/shared/errors';
import type { BlobHash, ConsortiumId, PublicKey, RunId, SiteId, StepId } from '@consilium/shared/ids';
import { type JournalHead, type JournalRecord, sealRecord, verifyNext } from '@consilium/shared/journal';
import type { Keeper, NextKeeper } from '../home/index.js';
import { invitationOf, type Store } from '../store/index.js';
import { project } from './project.js';
import { type ConsortiumRecord, consortiumChain, consortiumRecord } from './records.js';
import { emptyRoster, enter, type Member, type Roster, type Standing, standingOf } from './roster.js';

export interface SitesOptions {
  readonly store: Store;
  readonly consortium: ConsortiumId;
  readonly lead: PublicKey;
  /** Whose key signs the journal now. */
  readonly keeper: () => Keeper;
  readonly now: () => Date;
  /** Resolves when every other journal tells of the present key: none can follow a key that a journal missed. */
  readonly beforeSuccession?: () => Promise<void>;
}

/** What a site brings when it enrols, as the handshake proved it. */
export type Enrolment = EnrolmentProof & { readonly transcript: Uint8Array };

/** Changes of its key that a site may ask for before the lead says a word: each one is journaled. */
const mostRekeysAsked = 10;

export interface Admission {
  readonly standing: 'pending' | 'approved';
  readonly certificate: Certificate | null;
}

/** A change that others act on: sockets close, runs let go. */
export type SitesChange =
  /** `replaced`: another key of the same site was approved in this one's place; its connection must not stay. */
  | { readonly kind: 'approved' | 'revoked'; readonly site: SiteId; readonly publicKey: PublicKey }
  | {
      readonly kind: 'replaced';
      readonly site: SiteId;
      readonly publicKey: PublicKey;
      readonly certificate: Certificate;
    }
  | { readonly kind: 'coordinator-certified'; readonly certificate: Certificate }
  | { readonly kind: 'enrolled' | 'invited' | 'rekey-asked' | 'collided'; readonly site: SiteId };

export interface Sites {
  roster(): Roster;
  standing(site: SiteId, publicKey: PublicKey): Standing;
  /** @throws CSM-INVITE-EXISTS, CSM-INVITE-EXPIRED */
  invite(invitation: {
    readonly site: SiteId;
    readonly invitation: InvitationId;
    readonly nonce: string;
    readonly gateKey: Uint8Array;
    readonly notAfter: Date;
  }): Promise<void>;
  /**
   * Lets a proven key in, or says why not. A good code makes its key pending; the same key may ask again.
   * @throws CSM-SITE-UNKNOWN, CSM-SITE-REVOKED, CSM-SITE-REPLACED, CSM-INVITE-UNKNOWN, -USED, -REPLACED, -EXPIRED, -PROOF
   */
  admit(site: SiteId, publicKey: PublicKey, enrolment: Enrolment | null): Promise<Admission>;
  /** Keeps an approved site's wish for another key until the lead certifies it. @throws CSM-KEY-CHANGE */
  askRekey(site: SiteId, change: KeyChange): Promise<void>;
  /** @throws CSM-SITE-NOT-PENDING, CSM-SITE-CERTIFICATE */
  approve(certificate: Certificate): Promise<void>;
  /** @throws CSM-SITE-NO-KEY, CSM-SITE-CERTIFICATE */
  revoke(certificate: Certificate): Promise<void>;
  /**
   * Keeps the lead's certificate for this coordinator's key, or for the next one, which signs from then on.
   * @throws CSM-SITE-CERTIFICATE
   */
  certify(certificate: Certificate, next: NextKeeper | null): Promise<void>;
  launched(run: RunId, contract: BlobHash): Promise<void>;
  collided(site: SiteId): Promise<void>;
  /** Journals, once, that the lead takes an update away. */
  taken(update: {
    readonly run: RunId;
    readonly step: StepId;
    readonly site: SiteId;
    readonly update: BlobHash;
  }): Promise<void>;
  /** The consortium's journal, from a sequence number on. */
  journal(from?: number): AsyncIterable<JournalRecord>;
  /** Calls back after each change has been journaled. Returns the unsubscriber. */
  subscribe(listener: (change: SitesChange) => void): () => void;
  /** Resolves when everything under way is journaled. */
  settled(): Promise<void>;
}

/** Replays the consortium's journal, opens it if it is new, and keeps it. One at a time per store. */
export async function openSites(options: SitesOptions): Promise<Sites> {
  const { store, consortium, lead, keeper, now, beforeSuccession = async () => {} } = options;
  let roster = emptyRoster;
  let head: JournalHead | null = null;
  let queue: Promise<unknown> = Promise.resolve();
  const listeners = new Set<(change: SitesChange) => void>();

  const records: ConsortiumRecord[] = [];
  for await (const record of store.records(consortiumChain)) {
    verifyNext(head, record, { chain: consortiumChain, verify: () => true });
    records.push(readRecord(record));
    head = record;
  }
  roster = enter(roster, records);

  /** Changes are decided and written one after another, so that each sees what the one before left. */
  function serially<Result>(task: () => Promise<Result>): Promise<Result> {
    const done = queue.then(task);
    queue = done.catch(() => undefined);
    return done;
  }

  async function write(
    record: ConsortiumRecord,
    changes: readonly SitesChange[] = [],
    { gateKey = null, by = keeper() }: { readonly gateKey?: Uint8Array | null; readonly by?: Keeper } = {},
  ): Promise<void> {
    const { type, ...body } = record;
    const time = now().toISOString();
    const sealed: JournalRecord = sealRecord(head, { chain: consortiumChain, time, type, body }, by.sign);
    const next = enter(roster, [record]);
    await store.append(consortiumChain, head?.hash ?? null, [sealed], (tx) =>
      project(tx, record, next, { time, gateKey }),
    );
    head = sealed;
    roster = next;
    for (const change of changes) for (const listener of listeners) listener(change);
  }

  /** A certificate is taken when the lead signed it for this consortium, and it is a later word than the one known. */
  function checkWord(certificate: Certificate, known: Certificate | null): void {
    const { body, signature } = certificate;
    const refuse = (problem: string): never => fail('CSM-SITE-CERTIFICATE', { site: body.id, problem });
    if (!verify(lead, certificateDomain, canonicalBytes(body), signature)) refuse('the lead did not sign it');
    if (body.consortium !== consortium) refuse('it is of another consortium');
    const newest = known?.body.revision ?? 0;
    if (body.revision <= newest) refuse(`it has revision ${body.revision}, and ${newest} is known already`);
  }

  function memberOf(certificate: Certificate): Member {
    const { id, role } = certificate.body;
    const member = [...roster.members.values()].find(({ site }) => site === id);
    if (role !== 'site') fail('CSM-SITE-CERTIFICATE', { site: id, problem: 'it is not for a site' });
    return member ?? fail('CSM-SITE-UNKNOWN', { site: id });
  }

  async function enrol(site: SiteId, publicKey: PublicKey, proof: Enrolment): Promise<void> {
    const known = roster.invitations.get(proof.invitation);
    if (known === undefined || known.site !== site) fail('CSM-INVITE-UNKNOWN', { site });
    if (known.usedBy !== null) fail('CSM-INVITE-USED', { site });
    if (roster.members.get(site)?.invitation?.id !== known.id) fail('CSM-INVITE-REPLACED', { site });
    if (now() > new Date(known.notAfter)) fail('CSM-INVITE-EXPIRED', { site, notAfter: known.notAfter });
    const row = await store.read((db) => invitationOf(db, known.id));
    const gateKey = Buffer.from(row?.gateKey ?? '', 'base64url');
    if (row === null || !checkGateProof(gateKey, proof.transcript, proof.gateProof)) fail('CSM-INVITE-PROOF');
    const { invitation, leadProof } = proof;
    await write({ type: 'site-enrolled', site, publicKey, invitation, leadProof }, [{ kind: 'enrolled', site }]);
  }

  const sites: Sites = {
    roster: () => roster,
    standing: (site, publicKey) => standingOf(roster, site, publicKey),
    invite: ({ site, invitation, nonce, gateKey, notAfter }) =>
      serially(async () => {
        if (roster.invitations.has(invitation)) fail('CSM-INVITE-EXISTS');
        if (notAfter <= now()) fail('CSM-INVITE-EXPIRED', { site, notAfter: notAfter.toISOString() });
        const record = { type: 'site-invited', site, invitation, nonce, notAfter: notAfter.toISOString() } as const;
        await write(record, [{ kind: 'invited', site }], { gateKey });
      }),
    admit: (site, publicKey, enrolment) =>
      serially(async () => {
        const before = standingOf(roster, site, publicKey);
        if (enrolment !== null && (before === 'unknown' || before === 'revoked' || before === 'replaced')) {
          await enrol(site, publicKey, enrolment);
        }
        const standing = standingOf(roster, site, publicKey);
        switch (standing) {
          case 'approved':
            return { standing, certificate: roster.members.get(site)?.certificate ?? null };
          case 'pending':
            return { standing, certificate: null };
          case 'revoked':
            throw coded('CSM-SITE-REVOKED', { site });
          case 'replaced':
            throw coded('CSM-SITE-REPLACED', { site });
          case 'unknown':
            throw coded('CSM-SITE-UNKNOWN', { site });
          default:
            return standing satisfies never;
        }
      }),
    askRekey: (site, change) =>
      serially(async () => {
        const { certificate = null, pending = null, rekeysAsked = 0 } = roster.members.get(site) ?? {};
        const refuse = (problem: string): never => fail('CSM-KEY-CHANGE', { id: site, problem });
        if (certificate === null || certificate.body.revoked) return refuse('the lead has not approved this site');
        if (pending !== null && 'invitation' in pending) refuse('a key that came with a code waits for the lead');
        checkKeyChange(change, { consortium, role: 'site', id: site, from: certificate.body.publicKey });
        // It asks at each connect.
        if (pending?.publicKey === change.body.to) return;
        const known = [...roster.members.values()].flatMap((one) => [one.certificate?.body.publicKey, ...one.former]);
        if (known.includes(change.body.to)) refuse('the new key was somebody’s before');
        if (rekeysAsked >= mostRekeysAsked)
          refuse('it was asked for too often; the lead approves one or revokes the site');
        await write({ type: 'site-rekey-asked', site, change }, [{ kind: 'rekey-asked', site }]);
      }),
    approve: (certificate) =>
      serially(async () => {
        const member = memberOf(certificate);
        const { site, pending } = member;
        if (pending === null) fail('CSM-SITE-NOT-PENDING', { site });
        checkWord(certificate, member.certificate);
        const { publicKey, revoked } = certificate.body;
        if (revoked) fail('CSM-SITE-CERTIFICATE', { site, problem: 'it revokes' });
        if (publicKey !== pending.publicKey) fail('CSM-SITE-CERTIFICATE', { site, problem: 'it is for another key' });
        const old = member.certificate;
        const replaced = old !== null && !old.body.revoked && old.body.publicKey !== publicKey;
        const gone = { kind: 'replaced', site, publicKey: old?.body.publicKey ?? publicKey, certificate } as const;
        const changes = [...(replaced ? [gone] : []), { kind: 'approved', site, publicKey } as const];
        await write({ type: 'site-approved', certificate }, changes);
      }),
    revoke: (certificate) =>
      serially(async () => {
        const member = memberOf(certificate);
        const { site } = member;
        const valid = member.certificate?.body.revoked === false ? member.certificate.body.publicKey : null;
        const key = valid ?? member.pending?.publicKey;
        if (key === undefined) fail('CSM-SITE-NO-KEY', { site });
        checkWord(certificate, member.certificate);
        const { publicKey, revoked } = certificate.body;
        if (!revoked) fail('CSM-SITE-CERTIFICATE', { site, problem: 'it does not revoke' });
        if (publicKey !== key) fail('CSM-SITE-CERTIFICATE', { site, problem: 'it is for another key' });
        await write({ type: 'site-revoked', certificate }, [{ kind: 'revoked', site, publicKey }]);
      }),
    certify: (certificate, next) =>
      serially(async () => {
        const { role, publicKey, revoked } = certificate.body;
        const isNext = publicKey === next?.publicKey;
        if (role !== 'coordinator' || !(isNext || publicKey === keeper().publicKey) || revoked) {
          fail('CSM-SITE-CERTIFICATE', { site: certificate.body.id, problem: 'it is not for this coordinator' });
        }
        // The same word again, after an answer that was lost on its way.
        if (roster.coordinator?.signature === certificate.signature) return;
        checkWord(certificate, roster.coordinator);
        const changes = [{ kind: 'coordinator-certified', certificate }] as const;
        if (!isNext || next === null) await write({ type: 'coordinator-certified', certificate }, changes);
        else {
          await beforeSuccession();
          const { change } = next;
          await write({ type: 'coordinator-certified', certificate, change }, changes, { by: next });
        }
      }),
    launched: (run, contract) =>
      serially(async () => {
        if (!roster.runs.has(run)) await write({ type: 'run-launched', run, contract });
      }),
    collided: (site) =>
      serially(async () => {
        if (roster.members.has(site)) await write({ type: 'agents-collided', site }, [{ kind: 'collided', site }]);
      }),
    taken: (update) =>
      serially(async () => {
        if (roster.taken.get(update.run)?.has(update.update)) return;
        await write({ type: 'update-taken', ...update });
      }),
    journal: (from) => store.records(consortiumChain, from),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    settled: () => queue.then(() => undefined),
  };

  if (roster.consortium === null) await serially(() => write({ type: 'consortium-opened', consortium, lead }));
  if (roster.consortium !== consortium || roster.lead !== lead) fail('CSM-SITE-CONSORTIUM');
  return sites;
}

/** A journal record of this chain as what it means. The journal is our own, so an unknown one is a newer version's. */
function readRecord(record: JournalRecord): ConsortiumRecord {
  const body = typeof record.body === 'object' ? record.body : {};
  const parsed = consortiumRecord.safeParse({ ...body, type: record.type });
  return parsed.success ? parsed.data : fail('CSM-SITE-RECORD', { type: record.type, sequence: record.sequence });
}
