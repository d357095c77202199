import type { Kysely } from 'kysely';
import type { Tables } from '../tables/index.js';

/** What each user may see, one-time links that set a password, and when a session was used last. */
export async function roles(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .alterTable('users')
    .addColumn('role', 'text', (column) => column.notNull().defaultTo('viewer'))
    .execute();
  await db.schema.alterTable('users').addColumn('site', 'text').execute();
  await db.schema.alterTable('users').addColumn('setupHash', 'text').execute();
  await db.schema.alterTable('users').addColumn('setupUntilMs', 'integer').execute();
  await db.schema
    .alterTable('sessions')
    .addColumn('usedMs', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
}
