import { dirname, join } from 'node:path';
import { fail } from '@consilium/shared/errors';
import type { RunId } from '@consilium/shared/ids';
import { type Disk, makePrivate, readIfThere, realDisk, syncFolder, writeWhole } from '../config/index.js';

/**
 * Leaves a run for good: an empty file that bears its name. Two that leave at once cannot undo each other.
 * @returns whether it had not been left before
 * @throws CSM-AGENT-DISK
 */
export async function leaveRun(folder: string, run: RunId, disk: Disk = realDisk): Promise<boolean> {
  if (await isLeft(folder, run)) return false;
  await makePrivate(folder, disk);
  await writeWhole(join(folder, run), '', disk);
  await syncFolder(dirname(folder), disk);
  return true;
}

/** @throws CSM-AGENT-LEFT where the hospital has left this run, CSM-AGENT-DISK where that cannot be told */
export async function refuseLeft(folder: string, run: RunId): Promise<void> {
  if (await isLeft(folder, run)) fail('CSM-AGENT-LEFT', { run });
}

/** @throws CSM-AGENT-DISK */
export const isLeft = async (folder: string, run: RunId): Promise<boolean> =>
  (await readIfThere(join(folder, run))) !== null;
