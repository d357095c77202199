import { readdir } from 'node:fs/promises';
import { asCoded, type CodedError } from '@consilium/shared/errors';
import { type RunId, runId } from '@consilium/shared/ids';
import { type Disk, withDisk } from '../config/index.js';
import { isLeft, recall } from '../governance/index.js';
import { type Needed, openRunFolder } from './run-folder.js';

/** So long after its contract ended may a run be extended and go on here as if nothing had been. */
const extensionMs = 30 * 86_400_000;

/** Where a site's runs lie, and which it has left. */
export interface Runs {
  readonly runs: string;
  /** Folder of the runs that the hospital has left. */
  readonly left: string;
  readonly now: () => Date;
  readonly disk: Disk;
}

/**
 * Removes what runs other than this one left that is of no more use. One that may go on, after a pause or after other runs, keeps
 * what its next step stands on: only what can be fetched again goes.
 * @throws CSM-AGENT-DISK: the first, when all that can be done is done
 */
export async function tidyOtherRuns(place: Runs, run: RunId | null): Promise<void> {
  const faults: CodedError[] = [];
  for (const name of await withDisk(place.runs, () => readdir(place.runs))) {
    const id = runId.safeParse(name);
    if (name === run || !id.success) continue;
    await tidyRun(place, id.data).catch((thrown: unknown) => void faults.push(asCoded(thrown)));
  }
  if (faults[0] !== undefined) throw faults[0];
}

async function tidyRun(place: Runs, run: RunId): Promise<void> {
  const folder = await openRunFolder(place.runs, run, place.disk);
  await folder.tidy(await neededOf(place, run, folder.folder));
}

/** What a run needs that may go on; null of one that is over for this site. */
async function neededOf({ left, now }: Runs, run: RunId, folder: string): Promise<Needed | null> {
  const known = await recall(folder);
  if (known === null || (await isLeft(left, run))) return null;
  const { step, carried = null, notAfter } = known;
  if (notAfter !== undefined && now().getTime() > Date.parse(notAfter) + extensionMs) return null;
  return { step, carried, blobs: new Set() };
}
