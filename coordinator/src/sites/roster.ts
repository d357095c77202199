import type { Certificate, InvitationId, KeyChange } from '@consilium/shared/crypto';
import {
  type BlobHash,
  type ConsortiumId,
  type PublicKey,
  type RunId,
  type SiteId,
  siteId,
} from '@consilium/shared/ids';
import type { ConsortiumRecord } from './records.js';

/** A one-time code as everybody may know it. */
export interface Invitation {
  readonly id: InvitationId;
  readonly site: SiteId;
  /** From which the lead's key finds the code's secret again. */
  readonly nonce: string | null;
  readonly notAfter: string;
  /** The key that used it; null while unused. */
  readonly usedBy: PublicKey | null;
}

/** A key that waits for the lead's word. */
export type PendingKey = EnrolledKey | NextKey;

/** It came with a good code. */
export interface EnrolledKey {
  readonly publicKey: PublicKey;
  readonly invitation: InvitationId;
  readonly nonce: string | null;
  readonly leadProof: string;
}

/** The site's present key and it have signed that it comes next. */
export interface NextKey {
  readonly publicKey: PublicKey;
  readonly change: KeyChange;
}

export interface Member {
  readonly site: SiteId;
  /** Newest invitation; an older one that was not used ended with it. */
  readonly invitation: Invitation | null;
  readonly pending: PendingKey | null;
  /** Newest certificate, which may be one of revocation. */
  readonly certificate: Certificate | null;
  /** Keys that the lead has certified another one in the place of. */
  readonly former: readonly PublicKey[];
  /** Runs that were launched before the lead last certified another key in the place of one that counted. */
  readonly runsBefore: number;
  /** Changes of its key that it has asked for since the lead's newest word. */
  readonly rekeysAsked: number;
  /** Times that two agents were seen under this site's key. */
  readonly collisions: number;
}

/** The coordinator's key gave way to the next one. */
export interface CoordinatorChange {
  readonly change: KeyChange;
  readonly certificate: Certificate;
}

/** Who is who in the consortium, as its journal tells it. */
export interface Roster {
  readonly consortium: ConsortiumId | null;
  readonly lead: PublicKey | null;
  readonly coordinator: Certificate | null;
  /** Every key that the lead certified for the coordinator, oldest first. */
  readonly coordinatorKeys: readonly PublicKey[];
  /** How the coordinator came to its key, where that took the place of another one. */
  readonly coordinatorChange: CoordinatorChange | null;
  readonly members: ReadonlyMap<SiteId, Member>;
  /** Every code ever given out, so that an old one is known for what it is. */
  readonly invitations: ReadonlyMap<InvitationId, Invitation>;
  /** Contract hash of each launched run. */
  readonly runs: ReadonlyMap<RunId, BlobHash>;
  /** Updates that the lead took away, by run. */
  readonly taken: ReadonlyMap<RunId, ReadonlySet<BlobHash>>;
}

export const emptyRoster: Roster = {
  consortium: null,
  lead: null,
  coordinator: null,
  coordinatorKeys: [],
  coordinatorChange: null,
  members: new Map(),
  invitations: new Map(),
  runs: new Map(),
  taken: new Map(),
};

/** What a key is to the consortium. */
export type Standing = 'approved' | 'pending' | 'revoked' | 'replaced' | 'unknown';

/** What a site is as a whole, for lists. */
export type MemberState = 'invited' | 'pending' | 'approved' | 'revoked';

/** A roster whose members, invitations and runs nobody else holds yet. */
type Draft = Roster & {
  readonly members: Map<SiteId, Member>;
  readonly invitations: Map<InvitationId, Invitation>;
  readonly runs: Map<RunId, BlobHash>;
};

/** The roster after more records: it is copied once, however many they are. Pure. */
export function enter(roster: Roster, records: readonly ConsortiumRecord[]): Roster {
  const { members, invitations, runs } = roster;
  const copy = { members: new Map(members), invitations: new Map(invitations), runs: new Map(runs) };
  return records.reduce<Draft>(enterOne, { ...roster, ...copy });
}

function enterOne(roster: Draft, record: ConsortiumRecord): Draft {
  switch (record.type) {
    case 'consortium-opened':
      return { ...roster, consortium: record.consortium, lead: record.lead };
    case 'coordinator-certified':
      return newer(roster.coordinator, record.certificate) ? certifiedCoordinator(roster, record) : roster;
    case 'site-invited': {
      const { site, invitation: id, nonce = null, notAfter } = record;
      const invitation = { id, site, nonce, notAfter, usedBy: null };
      return withMember(withInvitation(roster, invitation), site, { invitation });
    }
    case 'site-enrolled': {
      const { site, publicKey, invitation: id, leadProof } = record;
      const known = roster.invitations.get(id);
      if (known === undefined || known.site !== site || known.usedBy !== null) return roster;
      const used = { ...known, usedBy: publicKey };
      return withMember(withInvitation(roster, used), site, {
        invitation: used,
        pending: { publicKey, invitation: id, nonce: known.nonce, leadProof },
      });
    }
    case 'site-rekey-asked': {
      const { site, change } = record;
      const rekeysAsked = (roster.members.get(site)?.rekeysAsked ?? 0) + 1;
      return withMember(roster, site, { pending: { publicKey: change.body.to, change }, rekeysAsked });
    }
    case 'site-approved':
    case 'site-revoked':
      return certified(roster, record.certificate);
    case 'run-launched':
      roster.runs.set(record.run, record.contract);
      return roster;
    case 'agents-collided':
      return withMember(roster, record.site, { collisions: (roster.members.get(record.site)?.collisions ?? 0) + 1 });
    case 'update-taken': {
      const known = roster.taken.get(record.run) ?? [];
      return { ...roster, taken: new Map(roster.taken).set(record.run, new Set([...known, record.update])) };
    }
    default:
      return record satisfies never;
  }
}

/** What this key is at this site's place. A revoked or replaced key stays so until a new code and the lead's next word. */
export function standingOf(roster: Roster, site: SiteId, publicKey: PublicKey): Standing {
  const member = roster.members.get(site);
  if (member === undefined) return 'unknown';
  const { certificate, pending } = member;
  const certified = certificate?.body.publicKey === publicKey;
  if (certified && !certificate.body.revoked) return 'approved';
  if (pending?.publicKey === publicKey) return 'pending';
  if (certified) return 'revoked';
  return member.former.includes(publicKey) ? 'replaced' : 'unknown';
}

/** A site whose key counts is approved, also while another key of it waits for the lead. */
export function stateOf(member: Member): MemberState {
  if (member.certificate !== null && !member.certificate.body.revoked) return 'approved';
  if (member.pending !== null) return 'pending';
  if (member.invitation !== null && member.invitation.usedBy === null) return 'invited';
  return member.certificate === null ? 'invited' : 'revoked';
}

/** Keys that may take part now, in canonical site order. */
export const approvedSites = (roster: Roster): readonly SiteId[] =>
  [...roster.members.values()]
    .filter(({ certificate }) => certificate !== null && !certificate.body.revoked)
    .map(({ site }) => site)
    .sort();

/** A site whose key took the place of another one, with the lead's word on it. */
export interface RekeyedSite {
  readonly site: SiteId;
  readonly certificate: Certificate;
  /** That were launched before: the others never knew the former key. */
  readonly runs: ReadonlySet<RunId>;
}

export const rekeyedSites = (roster: Roster): readonly RekeyedSite[] =>
  [...roster.members.values()].flatMap(({ site, certificate, former, runsBefore }) => {
    if (certificate === null || certificate.body.revoked || former.length === 0) return [];
    return [{ site, certificate, runs: new Set([...roster.runs.keys()].slice(0, runsBefore)) }];
  });

/** Sites whose newest word from the lead is that their key has ended. */
export const revokedSites = (roster: Roster): readonly SiteId[] =>
  [...roster.members.values()].filter(({ certificate }) => certificate?.body.revoked).map(({ site }) => site);

function certified(roster: Draft, certificate: Certificate): Draft {
  const site = siteId.safeParse(certificate.body.id).data;
  const member = site === undefined ? undefined : roster.members.get(site);
  if (site === undefined || member === undefined || !newer(member.certificate, certificate)) return roster;
  const { pending, certificate: before, former, runsBefore } = member;
  const { publicKey, revoked } = certificate.body;
  // What a revoked key had named as the next one has nobody's word any more.
  const settled = pending?.publicKey === publicKey || (revoked && pending !== null && 'change' in pending);
  const replaced = before !== null && !before.body.revoked && before.body.publicKey !== publicKey;
  return withMember(roster, site, {
    certificate,
    pending: settled ? null : pending,
    former: replaced ? [...former, before.body.publicKey] : former,
    runsBefore: replaced ? roster.runs.size : runsBefore,
    rekeysAsked: 0,
  });
}

/** A certificate counts only when it is the next word: revisions go up, never back. */
const newer = (known: Certificate | null, next: Certificate): boolean =>
  known === null || next.body.revision > known.body.revision;

function certifiedCoordinator(
  roster: Draft,
  { certificate, change }: Extract<ConsortiumRecord, { type: 'coordinator-certified' }>,
): Draft {
  const { publicKey } = certificate.body;
  const known = roster.coordinatorKeys.filter((key) => key !== publicKey);
  return {
    ...roster,
    coordinator: certificate,
    coordinatorKeys: [...known, publicKey],
    coordinatorChange: change === undefined ? roster.coordinatorChange : { change, certificate },
  };
}

const blank = (site: SiteId): Member => ({
  ...{ site, invitation: null, pending: null, certificate: null },
  ...{ former: [], runsBefore: 0, rekeysAsked: 0, collisions: 0 },
});

function withMember(roster: Draft, site: SiteId, change: Partial<Member>): Draft {
  roster.members.set(site, { ...(roster.members.get(site) ?? blank(site)), ...change });
  return roster;
}

function withInvitation(roster: Draft, invitation: Invitation): Draft {
  roster.invitations.set(invitation.id, invitation);
  return roster;
}
