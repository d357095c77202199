import type { Queries, Tx } from '../store.js';

/** Someone who may sign in to the page. */
export interface UserRow {
  readonly name: string;
  /** scrypt hash with its salt and cost, as text. */
  readonly passwordHash: string;
  readonly created: string;
}

export async function putUser(tx: Tx, row: UserRow): Promise<void> {
  await tx
    .insertInto('users')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ passwordHash: row.passwordHash }))
    .execute();
}

export async function userOf(db: Queries, name: string): Promise<UserRow | null> {
  return (await db.selectFrom('users').selectAll().where('name', '=', name).executeTakeFirst()) ?? null;
}

export async function countUsers(db: Queries): Promise<number> {
  const { count } = await db
    .selectFrom('users')
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Removes a user and ends their sessions. */
export async function removeUser(tx: Tx, name: string): Promise<void> {
  await tx.deleteFrom('users').where('name', '=', name).execute();
}
