import { join } from 'node:path';
import { type Contract, type Step, stagesOf } from '@consilium/shared/contract';
import type { SiteReport } from '@consilium/shared/report';
import { z } from 'zod';
import { type Disk, readJsonIfThere, realDisk, writeWhole } from '../config/index.js';

type TakenPart = NonNullable<SiteReport['takenPart']>;
/** Rows that one sentence of a report names. */
const maxRows = 20;

/** First and last of rounds in a row. */
type Row = TakenPart[number]['accepted'][number];

/** By stage. */
const rounds = z.array(z.array(z.tuple([z.int().min(1), z.int().min(1)])));

const turnout = z.strictObject({
  format: z.literal('consilium-turnout-1'),
  /** The rounds that took this site's update. */
  stages: rounds,
  /** The rounds that it did without what it had kept for them. Left out where there are none. */
  without: rounds.exactOptional(),
});
type Turnout = z.infer<typeof turnout>;

const fileIn = (folder: string): string => join(folder, 'turnout.json');

/**
 * Notes that a training round took this site's update; other steps are none. Once for each, however often it is told.
 * @param folder of the run
 * @throws CSM-AGENT-DISK
 */
export const noteAccepted = (folder: string, step: Step, disk: Disk = realDisk): Promise<void> =>
  note(folder, 'stages', step, disk);

/** Notes that a training round was done without what this site had kept for it. @throws CSM-AGENT-DISK */
export const noteWithout = (folder: string, step: Step, disk: Disk = realDisk): Promise<void> =>
  note(folder, 'without', step, disk);

async function note(folder: string, what: 'stages' | 'without', step: Step, disk: Disk): Promise<void> {
  if (step.kind !== 'train') return;
  const known = await turnoutIn(folder);
  const rows = known[what] ?? [];
  const before = rows[step.stage] ?? [];
  const after = withRound(before, step.round);
  if (after === before) return;
  const stages = Array.from({ length: Math.max(rows.length, step.stage + 1) }, (_, stage) =>
    stage === step.stage ? after : (rows[stage] ?? []),
  );
  await writeWhole(fileIn(folder), JSON.stringify({ ...known, [what]: stages }), disk);
}

/** The rounds of each stage that took this site's update, as its report tells them. @throws CSM-AGENT-DISK */
export async function takenPart(folder: string, { runFile }: Contract): Promise<TakenPart> {
  const { stages } = await turnoutIn(folder);
  return stagesOf(runFile).map(({ index, name, rounds }) => ({ stage: name, rounds, accepted: stages[index] ?? [] }));
}

/** One sentence for each stage with rounds that this site did without what it had kept for them. @throws CSM-AGENT-DISK */
export async function notesOfWithout(folder: string, { runFile }: Contract): Promise<readonly string[]> {
  const { without = [] } = await turnoutIn(folder);
  return stagesOf(runFile).flatMap(({ index, name }) => {
    const rows = without[index] ?? [];
    if (rows.length === 0) return [];
    const told = rows.slice(0, maxRows).map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`));
    const rest = rows.length > maxRows ? ' and others' : '';
    return `Rounds of stage ${name} that this site trained without what it had kept for them, as it was gone from its disk: ${told.join(', ')}${rest}.`;
  });
}

/** What was noted; of a damaged file, nothing: it decides about no step. */
async function turnoutIn(folder: string): Promise<Turnout> {
  const parsed = turnout.safeParse(await readJsonIfThere(fileIn(folder)));
  return parsed.success ? parsed.data : { format: 'consilium-turnout-1', stages: [] };
}

/** Rows in rising order with one more round; the same array where it is in them. */
export function withRound(rows: Row[], round: number): Row[] {
  if (rows.some(([first, last]) => first <= round && round <= last)) return rows;
  const before = rows.filter(([, last]) => last < round);
  const after = rows.filter(([first]) => first > round);
  const [left] = before.slice(-1);
  const [right] = after;
  const joinsLeft = left !== undefined && left[1] === round - 1;
  const joinsRight = right !== undefined && right[0] === round + 1;
  return [
    ...(joinsLeft ? before.slice(0, -1) : before),
    [joinsLeft ? left[0] : round, joinsRight ? right[1] : round],
    ...(joinsRight ? after.slice(1) : after),
  ];
}
