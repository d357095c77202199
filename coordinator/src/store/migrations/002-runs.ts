import { type Kysely, sql } from 'kysely';
import type { Tables } from '../tables/index.js';

/** Projections of the runs' journals. */
export async function runs(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('runs')
    .addColumn('run', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('contractHash', 'text', (column) => column.notNull())
    .addColumn('contract', 'text', (column) => column.notNull())
    .addColumn('phase', 'text', (column) => column.notNull())
    .addColumn('step', 'text')
    .addColumn('stepIndex', 'integer', (column) => column.notNull())
    .addColumn('steps', 'integer', (column) => column.notNull())
    .addColumn('model', 'text')
    .addColumn('preparation', 'text')
    .addColumn('bestRound', 'integer')
    .addColumn('outcome', 'text')
    .addColumn('cause', 'text')
    .addColumn('created', 'text', (column) => column.notNull())
    .addColumn('updated', 'text', (column) => column.notNull())
    .execute();

  await db.schema
    .createTable('contributions')
    .addColumn('run', 'text', (column) => column.notNull().references('runs.run'))
    .addColumn('step', 'text', (column) => column.notNull())
    .addColumn('site', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('bytes', 'integer', (column) => column.notNull())
    .addColumn('samples', 'integer', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('code', 'text')
    .addColumn('at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('contributionsKey', ['run', 'step', 'site', 'hash'])
    .execute();
  await db.schema
    .createIndex('contributionsAccepted')
    .unique()
    .on('contributions')
    .columns(['run', 'step', 'site'])
    .where(sql.ref('outcome'), '=', sql.lit('accepted'))
    .execute();

  await db.schema
    .createTable('metrics')
    .addColumn('run', 'text', (column) => column.notNull().references('runs.run'))
    .addColumn('step', 'text', (column) => column.notNull())
    .addColumn('round', 'integer', (column) => column.notNull())
    .addColumn('site', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('value', 'real')
    .addPrimaryKeyConstraint('metricsKey', ['run', 'step', 'round', 'site', 'name'])
    .execute();
}
