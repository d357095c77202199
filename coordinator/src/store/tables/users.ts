import type { SiteId } from '@consilium/shared/ids';
import type { Queries, Tx } from '../store.js';

/** Someone who may sign in to the page. */
export interface UserRow {
  readonly name: string;
  /** scrypt hash with its salt and cost, as text; empty until the user has set a password. */
  readonly passwordHash: string;
  readonly role: 'lead' | 'site' | 'viewer';
  /** Whose details a site user may see; null for the other roles. */
  readonly site: SiteId | null;
  /** SHA-256 of the token of a link that sets the password, once. */
  readonly setupHash: string | null;
  /** Milliseconds since 1970; from then on the link counts no more. */
  readonly setupUntilMs: number | null;
  readonly created: string;
}

/** Adds a user, or changes everything of one but the day of creation. */
export async function putUser(tx: Tx, row: UserRow): Promise<void> {
  const { name: _name, created: _created, ...rest } = row;
  await tx
    .insertInto('users')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doUpdateSet(rest))
    .execute();
}

export async function userOf(db: Queries, name: string): Promise<UserRow | null> {
  return (await db.selectFrom('users').selectAll().where('name', '=', name).executeTakeFirst()) ?? null;
}

/** The user whose password the link with this token sets, unless it has ended by `nowMs`. */
export async function userOfSetup(db: Queries, setupHash: string, nowMs: number): Promise<UserRow | null> {
  const row = await db
    .selectFrom('users')
    .selectAll()
    .where('setupHash', '=', setupHash)
    .where('setupUntilMs', '>', nowMs)
    .executeTakeFirst();
  return row ?? null;
}

/** All users by name. */
export const listUsers = (db: Queries): Promise<readonly UserRow[]> =>
  db.selectFrom('users').selectAll().orderBy('name').execute();

export async function countUsers(db: Queries): Promise<number> {
  const { count } = await db
    .selectFrom('users')
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Removes a user and ends their sessions. False when there is none. */
export async function removeUser(tx: Tx, name: string): Promise<boolean> {
  const result = await tx.deleteFrom('users').where('name', '=', name).executeTakeFirst();
  return result.numDeletedRows === 1n;
}
