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

/** All verdicts of a run or of one step, in the order of their coming. */
export function contributionsOf(db: Queries, run: RunId, step?: StepId): Promise<readonly ContributionRow[]> {
  const all = db.selectFrom('contributions').selectAll().where('run', '=', run);
  const wanted = step === undefined ? all : all.where('step', '=', step);
  return wanted.orderBy('at').orderBy('site').orderBy('hash').execute();
}

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
