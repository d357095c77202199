import type { SiteId } from '@consilium/shared/ids';
import type { Queries, Tx } from '../store.js';

/** A one-time enrolment code, as far as the coordinator knows it: the secret itself never comes here. */
export interface InvitationRow {
  readonly invitation: string;
  readonly site: SiteId;
  /** Key in base64url that proves, at the gate, that a site holds the code. */
  readonly gateKey: string;
  /** ISO 8601, UTC. */
  readonly notAfter: string;
  readonly usedAt: string | null;
}

export async function putInvitation(tx: Tx, row: InvitationRow): Promise<void> {
  const { invitation: _, ...rest } = row;
  await tx
    .insertInto('invitations')
    .values(row)
    .onConflict((conflict) => conflict.column('invitation').doUpdateSet(rest))
    .execute();
}

/** Marks an invitation as used. False when there is none or it was used before: the site should call the lead. */
export async function spendInvitation(tx: Tx, invitation: string, usedAt: string): Promise<boolean> {
  const result = await tx
    .updateTable('invitations')
    .set({ usedAt })
    .where('invitation', '=', invitation)
    .where('usedAt', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function invitationOf(db: Queries, invitation: string): Promise<InvitationRow | null> {
  return (
    (await db.selectFrom('invitations').selectAll().where('invitation', '=', invitation).executeTakeFirst()) ?? null
  );
}

/** All invitations, those for one site together. */
export const listInvitations = (db: Queries): Promise<readonly InvitationRow[]> =>
  db.selectFrom('invitations').selectAll().orderBy('site').orderBy('notAfter').orderBy('invitation').execute();
