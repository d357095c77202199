import type { RunId, SiteId, StepId } from '@consilium/shared/ids';
import type { Queries, Tx } from '../store.js';

/** One figure of one round. */
export interface MetricRow {
  readonly run: RunId;
  readonly step: StepId;
  readonly round: number;
  /** Null: pooled over all sites. */
  readonly site: SiteId | null;
  readonly name: string;
  /** Null: suppressed, or not defined for these patients. */
  readonly value: number | null;
}

/** As stored: a key cannot hold null, so pooled figures have an empty site. No site id is empty. */
export type StoredMetricRow = Omit<MetricRow, 'site'> & { readonly site: SiteId | '' };

const rowsPerInsert = 1000;

export async function putMetrics(tx: Tx, rows: readonly MetricRow[]): Promise<void> {
  for (let at = 0; at < rows.length; at += rowsPerInsert) {
    await tx
      .insertInto('metrics')
      .values(rows.slice(at, at + rowsPerInsert).map((row) => ({ ...row, site: row.site ?? ('' as const) })))
      .onConflict((conflict) =>
        conflict
          .columns(['run', 'step', 'round', 'site', 'name'])
          .doUpdateSet((excluded) => ({ value: excluded.ref('excluded.value') })),
      )
      .execute();
  }
}

/** Figures of a run by round, pooled first, then by site and name. */
export async function metricsOf(
  db: Queries,
  run: RunId,
  only: { readonly name?: string; readonly site?: SiteId | null; readonly step?: StepId } = {},
): Promise<readonly MetricRow[]> {
  let query = db.selectFrom('metrics').selectAll().where('run', '=', run);
  if (only.name !== undefined) query = query.where('name', '=', only.name);
  if (only.site !== undefined) query = query.where('site', '=', only.site ?? '');
  if (only.step !== undefined) query = query.where('step', '=', only.step);
  const rows = await query.orderBy('round').orderBy('step').orderBy('site').orderBy('name').execute();
  return rows.map((row) => ({ ...row, site: row.site === '' ? null : row.site }));
}
