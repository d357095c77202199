import { type Certificate, certificate } from '@consilium/shared/crypto';
import type { PublicKey, SiteId } from '@consilium/shared/ids';
import type { Queries, Tx } from '../store.js';

export type SiteStanding = 'invited' | 'pending' | 'approved' | 'revoked';

/** A hospital as the consortium knows it. */
export interface SiteRow {
  readonly site: SiteId;
  /** Null until it has enrolled. */
  readonly publicKey: PublicKey | null;
  readonly standing: SiteStanding;
  /** The lead's word on its key; null until it was approved. */
  readonly certificate: Certificate | null;
  /** Revision of the newest certificate; 0 before the first. */
  readonly revision: number;
  readonly fingerprint: string | null;
  /** Id of the invitation that it enrolled with or is invited by. */
  readonly invitation: string | null;
  /** Proof for the lead, who checks it before signing a certificate. */
  readonly leadProof: string | null;
  readonly updated: string;
}

export type StoredSiteRow = Omit<SiteRow, 'certificate'> & { readonly certificate: string | null };

export async function putSite(tx: Tx, row: SiteRow): Promise<void> {
  const stored = { ...row, certificate: row.certificate === null ? null : JSON.stringify(row.certificate) };
  const { site: _, ...rest } = stored;
  await tx
    .insertInto('sites')
    .values(stored)
    .onConflict((conflict) => conflict.column('site').doUpdateSet(rest))
    .execute();
}

export async function siteOf(db: Queries, site: SiteId): Promise<SiteRow | null> {
  const row = await db.selectFrom('sites').selectAll().where('site', '=', site).executeTakeFirst();
  return row === undefined ? null : fromStored(row);
}

/** All sites in canonical order (by id). */
export async function listSites(db: Queries): Promise<readonly SiteRow[]> {
  return (await db.selectFrom('sites').selectAll().orderBy('site').execute()).map(fromStored);
}

const fromStored = (row: StoredSiteRow): SiteRow => ({
  ...row,
  certificate: row.certificate === null ? null : certificate.parse(JSON.parse(row.certificate)),
});
