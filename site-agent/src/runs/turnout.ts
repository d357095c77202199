import { join } from 'node:path';
import { type Contract, type Step, stagesOf } from '@consilium/shared/contract';
import type { SiteReport } from '@consilium/shared/report';
import { z } from 'zod';
import { type Disk, readJsonIfThere, realDisk, writeWhole } from '../config/index.js';

type TakenPart = NonNullable<SiteReport['takenPart']>;
/** First and last of rounds in a row. */
type Row = TakenPart[number]['accepted'][number];

const turnout = z.strictObject({
  format: z.literal('consilium-turnout-1'),
  /** By stage: the rounds that took this site's update. */
  stages: z.array(z.array(z.tuple([z.int().min(1), z.int().min(1)]))),
});

const fileIn = (folder: string): string => join(folder, 'turnout.json');

/**
 * Notes that a training round took this site's update; other steps are none. Once for each, however often it is told.
 * @param folder of the run
 * @throws CSM-AGENT-DISK
 */
export async function noteAccepted(folder: string, step: Step, disk: Disk = realDisk): Promise<void> {
  if (step.kind !== 'train') return;
  const known = await stagesIn(folder);
  const before = known[step.stage] ?? [];
  const after = withRound(before, step.round);
  if (after === before) return;
  const stages = Array.from({ length: Math.max(known.length, step.stage + 1) }, (_, stage) =>
    stage === step.stage ? after : (known[stage] ?? []),
  );
  await writeWhole(fileIn(folder), JSON.stringify({ format: 'consilium-turnout-1', stages }), disk);
}

/** The rounds of each stage that took this site's update, as its report tells them. @throws CSM-AGENT-DISK */
export async function takenPart(folder: string, { runFile }: Contract): Promise<TakenPart> {
  const stages = await stagesIn(folder);
  return stagesOf(runFile).map(({ index, name, rounds }) => ({ stage: name, rounds, accepted: stages[index] ?? [] }));
}

/** What was noted; of a damaged file, nothing: it decides about no step. */
async function stagesIn(folder: string): Promise<Row[][]> {
  const parsed = turnout.safeParse(await readJsonIfThere(fileIn(folder)));
  return parsed.success ? parsed.data.stages : [];
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
