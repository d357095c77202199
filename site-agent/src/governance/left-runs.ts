import { basename } from 'node:path';
import { fail } from '@consilium/shared/errors';
import { type RunId, runId } from '@consilium/shared/ids';
import { z } from 'zod';
import { type Disk, readIfThere, realDisk, writeWhole } from '../config/index.js';

const leftRuns = z.strictObject({ format: z.literal('consilium-left-runs-1'), runs: z.array(runId) });

/** The runs that this hospital has left by its own word; it is never taken back. @throws CSM-AGENT-DISK, CSM-AGENT-LEFT-RUNS */
async function readLeftRuns(file: string): Promise<readonly RunId[]> {
  const bytes = await readIfThere(file);
  if (bytes === null) return [];
  const parsed = leftRuns.safeParse(jsonOf(bytes));
  // A word that cannot be read may forbid any run.
  return parsed.success ? parsed.data.runs : fail('CSM-AGENT-LEFT-RUNS', { file: basename(file) });
}

/** Leaves a run for good. @returns whether it had not been left before @throws CSM-AGENT-DISK, CSM-AGENT-LEFT-RUNS */
export async function leaveRun(file: string, run: RunId, disk: Disk = realDisk): Promise<boolean> {
  const before = await readLeftRuns(file);
  if (before.includes(run)) return false;
  await writeWhole(file, JSON.stringify({ format: 'consilium-left-runs-1', runs: [...before, run] }), disk);
  return true;
}

/** @throws CSM-AGENT-LEFT where the hospital has left this run, CSM-AGENT-DISK, CSM-AGENT-LEFT-RUNS */
export async function refuseLeft(file: string, run: RunId): Promise<void> {
  if ((await readLeftRuns(file)).includes(run)) fail('CSM-AGENT-LEFT', { run });
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
