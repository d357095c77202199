import type { Kysely } from 'kysely';
import type { Tables } from '../tables/index.js';

/** The roster. */
export async function sites(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('sites')
    .addColumn('site', 'text', (column) => column.primaryKey())
    .addColumn('publicKey', 'text')
    .addColumn('standing', 'text', (column) => column.notNull())
    .addColumn('certificate', 'text')
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('fingerprint', 'text')
    .addColumn('invitation', 'text')
    .addColumn('leadProof', 'text')
    .addColumn('updated', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('invitations')
    .addColumn('invitation', 'text', (column) => column.primaryKey())
    .addColumn('site', 'text', (column) => column.notNull())
    .addColumn('gateKey', 'text', (column) => column.notNull())
    .addColumn('notAfter', 'text', (column) => column.notNull())
    .addColumn('usedAt', 'text')
    .execute();
}
