import { fingerprint } from '@consilium/shared/crypto';
import { putInvitation, putSite, type SiteRow, spendInvitation, type Tx } from '../store/index.js';
import type { ConsortiumRecord } from './records.js';
import { type Member, type Roster, stateOf } from './roster.js';

/** Writes what a record changes in the tables. `roster` is the one after the record; `gateKey` comes with `site-invited`. */
export async function project(
  tx: Tx,
  record: ConsortiumRecord,
  roster: Roster,
  { time, gateKey }: { readonly time: string; readonly gateKey: Uint8Array | null },
): Promise<void> {
  if (record.type === 'site-invited' && gateKey !== null) {
    const { site, invitation, notAfter } = record;
    const text = Buffer.from(gateKey).toString('base64url');
    await putInvitation(tx, { invitation, site, gateKey: text, notAfter, usedAt: null });
  }
  if (record.type === 'site-enrolled') await spendInvitation(tx, record.invitation, time);
  const site = siteOfRecord(record);
  const member = [...roster.members.values()].find((known) => known.site === site);
  if (member !== undefined) await putSite(tx, rowOf(member, time));
}

function siteOfRecord(record: ConsortiumRecord): string | null {
  switch (record.type) {
    case 'site-invited':
    case 'site-enrolled':
    case 'site-rekey-asked':
    case 'agents-collided':
      return record.site;
    case 'site-approved':
    case 'site-revoked':
      return record.certificate.body.id;
    case 'consortium-opened':
    case 'coordinator-certified':
    case 'run-launched':
    case 'update-taken':
      return null;
    default:
      return record satisfies never;
  }
}

function rowOf(member: Member, updated: string): SiteRow {
  const { site, certificate, pending, invitation } = member;
  const publicKey = pending?.publicKey ?? certificate?.body.publicKey ?? null;
  return {
    site,
    publicKey,
    standing: stateOf(member),
    certificate,
    revision: certificate?.body.revision ?? 0,
    fingerprint: publicKey === null ? null : fingerprint(publicKey),
    invitation: invitation?.id ?? null,
    leadProof: pending !== null && 'leadProof' in pending ? pending.leadProof : null,
    updated,
  };
}
