import { fail } from '@consilium/shared/errors';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../tables/index.js';
import { journal } from './001-journal.js';
import { runs } from './002-runs.js';
import { sites } from './003-sites.js';
import { access } from './004-access.js';
import { roles } from './005-roles.js';

/** In order, numbered from 1. A migration that was ever released is never changed: the next one mends it. */
const migrations: readonly ((db: Kysely<Tables>) => Promise<void>)[] = [journal, runs, sites, access, roles];

/** Schema that this version makes and understands. */
export const schemaVersion = migrations.length;

/**
 * Brings a database to the newest schema: each step whole or not at all, and each done once.
 * @throws CSM-STORE-NEWER when a later version of the program made it, CSM-STORE-DAMAGED when it is not ours
 */
export async function migrate(db: Kysely<Tables>, file: string): Promise<void> {
  const version = await versionOf(db, file);
  if (version > schemaVersion) fail('CSM-STORE-NEWER', { file, version, known: schemaVersion });
  for (const [index, step] of migrations.entries()) {
    if (index < version) continue;
    await db.transaction().execute(async (tx) => {
      await step(tx);
      await sql`INSERT INTO "schemaVersions" ("version", "name") VALUES (${index + 1}, ${step.name})`.execute(tx);
    });
  }
}

async function versionOf(db: Kysely<Tables>, file: string): Promise<number> {
  const { rows: tables } = await sql<{ name: string }>`
    SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'libsql_%'
  `.execute(db);
  const known = tables.some(({ name }) => name === 'schemaVersions');
  if (!known && tables.length > 0) fail('CSM-STORE-DAMAGED', { file });
  if (!known) {
    await sql`
      CREATE TABLE "schemaVersions" ("version" integer PRIMARY KEY, "name" text NOT NULL)
    `.execute(db);
  }
  const { rows } = await sql<{ version: number }>`
    SELECT coalesce(max("version"), 0) AS "version" FROM "schemaVersions"
  `.execute(db);
  return rows[0]?.version ?? 0;
}
