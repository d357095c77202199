import { type Kysely, sql } from 'kysely';
import type { Tables } from '../tables/index.js';

/** The journals. Triggers make the rows unchangeable, also for a slip in our own code. */
export async function journal(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('records')
    .addColumn('chain', 'text', (column) => column.notNull())
    .addColumn('sequence', 'integer', (column) => column.notNull())
    .addColumn('time', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('previous', 'text')
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('signature', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('recordsKey', ['chain', 'sequence'])
    .execute();
  for (const change of ['UPDATE', 'DELETE']) {
    await sql`
      CREATE TRIGGER ${sql.id(`recordsNo${change}`)} BEFORE ${sql.raw(change)} ON records
      BEGIN SELECT RAISE(ABORT, 'journal records are only ever added'); END
    `.execute(db);
  }
}
