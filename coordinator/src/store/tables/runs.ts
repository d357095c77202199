import type { BlobHash, RunId, StepId } from '@consilium/shared/ids';
import type { Queries, Tx } from '../store.js';

export type RunPhase = 'offered' | 'running' | 'paused' | 'closed';
export type RunOutcome = 'complete' | 'degraded' | 'failed';

/** A run as it stands now. */
export interface RunRow {
  readonly run: RunId;
  readonly name: string;
  /** Of the newest contract. */
  readonly contractHash: BlobHash;
  /** The signed contract that the run was launched with, as JSON. Its journal says how it was extended. */
  readonly contract: string;
  readonly phase: RunPhase;
  readonly step: StepId | null;
  /** Index of the step in the run's list, from 0. */
  readonly stepIndex: number;
  readonly steps: number;
  readonly model: BlobHash | null;
  readonly preparation: BlobHash | null;
  readonly bestRound: number | null;
  readonly outcome: RunOutcome | null;
  /** Code of the error that ended or paused it. */
  readonly cause: string | null;
  readonly created: string;
  readonly updated: string;
}

/** A run without its contract, for lists. */
export type RunSummary = Omit<RunRow, 'contract'>;

const summary = [
  'run',
  'name',
  'contractHash',
  'phase',
  'step',
  'stepIndex',
  'steps',
  'model',
  'preparation',
  'bestRound',
  'outcome',
  'cause',
  'created',
  'updated',
] as const satisfies readonly (keyof RunSummary)[];

/** Writes a run, whether it is there or not. */
export async function putRun(tx: Tx, row: RunRow): Promise<void> {
  const { run: _, ...rest } = row;
  await tx
    .insertInto('runs')
    .values(row)
    .onConflict((conflict) => conflict.column('run').doUpdateSet(rest))
    .execute();
}

/** Changes some columns of a run. */
export async function patchRun(tx: Tx, run: RunId, changes: Partial<Omit<RunRow, 'run'>>): Promise<void> {
  await tx.updateTable('runs').set(changes).where('run', '=', run).execute();
}

export async function runOf(db: Queries, run: RunId): Promise<RunRow | null> {
  return (await db.selectFrom('runs').selectAll().where('run', '=', run).executeTakeFirst()) ?? null;
}

/** All runs, newest first. */
export const listRuns = (db: Queries): Promise<readonly RunSummary[]> =>
  db.selectFrom('runs').select(summary).orderBy('created', 'desc').orderBy('run').execute();
