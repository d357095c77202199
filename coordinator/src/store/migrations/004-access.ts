import type { Kysely } from 'kysely';
import type { Tables } from '../tables/index.js';

/** Who may use the page and the interface, and small settings. */
export async function access(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('users')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('passwordHash', 'text', (column) => column.notNull())
    .addColumn('created', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('sessions')
    .addColumn('tokenHash', 'text', (column) => column.primaryKey())
    .addColumn('user', 'text', (column) => column.notNull().references('users.name').onDelete('cascade'))
    .addColumn('created', 'text', (column) => column.notNull())
    .addColumn('expiresMs', 'integer', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('nonces')
    .addColumn('nonce', 'text', (column) => column.primaryKey())
    .addColumn('expiresMs', 'integer', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('noncesByAge').on('nonces').column('expiresMs').execute();
  await db.schema
    .createTable('settings')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('json', 'text', (column) => column.notNull())
    .execute();
}
