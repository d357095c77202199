import type { ContributionKind } from '@consilium/shared/contract';
import type { BlobHash, RunId, SiteId, StepId } from '@consilium/shared/ids';
import type { Queries, Tx } from '../store.js';

/** One blob that a site handed in for a step, and what became of it. */
export interface ContributionRow {
  readonly run: RunId;
  readonly step: StepId;
  readonly site: SiteId;
  readonly kind: ContributionKind;
  readonly hash: BlobHash;
  readonly bytes: number;
  readonly samples: number;
  readonly outcome: 'accepted' | 'refused';
  /** Code of the error of a refused one. */
  readonly code: string | null;
  readonly at: string;
}

/** Writes the verdict on a blob; the database allows one accepted blob for each site and step. */
export async function putContribution(tx: Tx, row: ContributionRow): Promise<void> {
  const { run: _run, step: _step, site: _site, hash: _hash, ...rest } = row;
  await tx
    .insertInto('contributions')
    .values(row)
    .onConflict((conflict) => conflict.columns(['run', 'step', 'site', 'hash']).doUpdateSet(rest))
    .execute();
}

/** All verdicts of a step, in the order of their coming. */
export const contributionsOf = (db: Queries, run: RunId, step: StepId): Promise<readonly ContributionRow[]> =>
  db
    .selectFrom('contributions')
    .selectAll()
    .where('run', '=', run)
    .where('step', '=', step)
    .orderBy('at')
    .orderBy('site')
    .orderBy('hash')
    .execute();

/** What a site handed in over a run: accepted blobs, refused ones, and the bytes of both. */
export interface SiteTotals {
  readonly site: SiteId;
  readonly contributions: number;
  readonly refusals: number;
  readonly bytes: number;
}

/** What each site handed in over a run; none of those that handed in nothing. */
export const trafficOf = (db: Queries, run: RunId): Promise<readonly SiteTotals[]> =>
  db
    .selectFrom('contributions')
    .where('run', '=', run)
    .groupBy('site')
    .orderBy('site')
    .select(({ fn }) => [
      'site',
      fn.count<number>('hash').filterWhere('outcome', '=', 'accepted').as('contributions'),
      fn.count<number>('hash').filterWhere('outcome', '=', 'refused').as('refusals'),
      fn.sum<number>('bytes').as('bytes'),
    ])
    .execute();

/** The accepted blob of one site for a step; null while there is none. */
export const acceptedOfSite = async (
  db: Queries,
  { run, step, site }: Pick<ContributionRow, 'run' | 'step' | 'site'>,
): Promise<ContributionRow | null> =>
  (await db
    .selectFrom('contributions')
    .selectAll()
    .where('run', '=', run)
    .where('step', '=', step)
    .where('site', '=', site)
    .where('outcome', '=', 'accepted')
    .executeTakeFirst()) ?? null;
