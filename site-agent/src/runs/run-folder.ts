import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '@consilium/shared/canonical';
import { type BlobHash, type RunId, runId, type StepId } from '@consilium/shared/ids';
import { type SignedManifest, signedManifest } from '@consilium/shared/wire';
import { z } from 'zod';
import {
  adopt,
  type Disk,
  makePrivate,
  readIfThere,
  readJsonIfThere,
  realDisk,
  withDisk,
  writeWhole,
} from '../config/index.js';
import { type BlobFolder, openBlobFolder } from './blob-folder.js';

const kept = z.strictObject({
  contribution: signedManifest,
  /** Training patients behind it. */
  patients: z.int().min(0),
});

/** A finished contribution that lies on this disk. */
export interface Kept {
  readonly contribution: SignedManifest;
  readonly patients: number;
  readonly path: string;
}

/** What a step needs of what lies here. */
export interface Needed {
  readonly step: StepId;
  /** The step whose carried files it stands on. */
  readonly carried: StepId | null;
  readonly blobs: ReadonlySet<BlobHash>;
}

/** What a site keeps of one run: fetched blobs, and its own contributions until they are no longer needed. */
export interface RunFolder {
  readonly folder: string;
  /** Fetched blobs. */
  readonly blobs: BlobFolder;
  /** Where the trainer writes a step's result before it is a contribution. */
  draft(step: StepId): string;
  /** Where a step's local tensors lie: they stay at the site and are read again by the rounds that stand on that step. */
  carried(step: StepId): string;
  /** Where the trainer writes them. */
  carriedDraft(step: StepId): string;
  /** Where lies what a step left for the next round of training alone, such as what coding lost. */
  onward(step: StepId): string;
  onwardDraft(step: StepId): string;
  kept(step: StepId): Promise<Kept | null>;
  keep(contribution: SignedManifest, patients: number): Promise<Kept>;
  /** Puts another signature under what is kept. */
  resign(contribution: SignedManifest, patients: number): Promise<Kept>;
  forget(step: StepId): Promise<void>;
  /** Removes what neither this step needs nor any that may come; without a step, all that the run left but manifests. */
  tidy(needed: Needed | null): Promise<void>;
}

/** @throws CSM-AGENT-DISK, as all that it does */
export async function openRunFolder(runs: string, run: RunId, disk: Disk = realDisk): Promise<RunFolder> {
  const folder = join(runs, run);
  await makePrivate(folder, disk);
  const blobs = await openBlobFolder(blobsOf(runs, run), disk);
  const blobOf = (step: StepId): string => join(folder, `${nameOf(step)}.blob`);
  const manifestOf = (step: StepId): string => join(folder, `${nameOf(step)}.manifest.json`);
  const draft = (step: StepId): string => join(folder, `${nameOf(step)}.draft`);
  const carried = (step: StepId): string => join(folder, `${nameOf(step)}.carried`);
  const carriedDraft = (step: StepId): string => `${carried(step)}.draft`;
  const onward = (step: StepId): string => join(folder, `${nameOf(step)}.onward`);
  const onwardDraft = (step: StepId): string => `${onward(step)}.draft`;
  return {
    folder,
    blobs,
    draft,
    carried,
    carriedDraft,
    onward,
    onwardDraft,
    async kept(step) {
      const parsed = kept.safeParse(await readJsonIfThere(manifestOf(step)));
      if (!parsed.success) return null;
      const bytes = await readIfThere(blobOf(step));
      const { hash } = parsed.data.contribution.manifest;
      return bytes !== null && sha256(bytes) === hash ? { ...parsed.data, path: blobOf(step) } : null;
    },
    async keep(contribution, patients) {
      const { step } = contribution.manifest;
      // First what the update goes with: once its manifest is there, it is never trained anew.
      if (await isThere(carriedDraft(step))) await adopt(carriedDraft(step), carried(step), disk);
      if (await isThere(onwardDraft(step))) await adopt(onwardDraft(step), onward(step), disk);
      await adopt(draft(step), blobOf(step), disk);
      await writeWhole(manifestOf(step), JSON.stringify({ contribution, patients }), disk);
      return { contribution, patients, path: blobOf(step) };
    },
    async resign(contribution, patients) {
      const { step } = contribution.manifest;
      await writeWhole(manifestOf(step), JSON.stringify({ contribution, patients }), disk);
      return { contribution, patients, path: blobOf(step) };
    },
    forget: (step) =>
      withDisk(folder, async () => {
        for (const path of [manifestOf(step), blobOf(step)]) await disk.rm(path, { force: true });
      }),
    tidy: (needed) =>
      withDisk(folder, async () => {
        await blobs.keepOnly(needed?.blobs ?? new Set());
        for (const name of await readdir(folder)) {
          if (isOver(name, needed)) await disk.rm(join(folder, name), { force: true });
        }
      }),
  };
}

/** A fetched blob of a run; null where it is not here as its hash says. Makes no folder. @throws CSM-AGENT-DISK */
export async function fetchedBlob(runs: string, run: RunId, hash: BlobHash): Promise<Uint8Array | null> {
  const bytes = await readIfThere(join(blobsOf(runs, run), hash));
  return bytes !== null && sha256(bytes) === hash ? bytes : null;
}

const blobsOf = (runs: string, run: RunId): string => join(runs, run, 'blobs');

/** Removes what runs other than this one left that is of no more use. @throws CSM-AGENT-DISK */
export async function tidyOtherRuns(runs: string, run: RunId | null, disk: Disk = realDisk): Promise<void> {
  for (const name of await withDisk(runs, () => readdir(runs))) {
    const id = runId.safeParse(name);
    if (name === run || !id.success) continue;
    const other = await openRunFolder(runs, id.data, disk);
    await other.tidy(null);
  }
}

const isThere = (path: string): Promise<boolean> =>
  withDisk(path, async () => (await stat(path).catch(absent)) !== null);

/** Whether a file of a run's folder is of no more use to any step. */
function isOver(name: string, needed: Needed | null): boolean {
  // Of a write that a killed process did not end.
  if (name.endsWith('.part')) return true;
  const [owner = '', ...endings] = name.split('.');
  if (!owner.startsWith('train-') || (needed !== null && owner === nameOf(needed.step))) return false;
  switch (endings.at(-1)) {
    case 'blob':
    case 'draft':
      return true;
    case 'carried':
      // Which round's model is judged in the end, and needs its own, is open until then.
      return needed === null;
    case 'onward':
      return needed?.carried == null || owner !== nameOf(needed.carried);
    default:
      return false;
  }
}

/** A step's id as a file name on every system. */
const nameOf = (step: StepId): string => step.replaceAll(':', '-');

function absent(thrown: unknown): null {
  if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return null;
  throw thrown;
}
