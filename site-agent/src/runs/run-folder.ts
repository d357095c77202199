import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { sha256 } from '@consilium/shared/canonical';
import type { BlobHash, RunId, StepId } from '@consilium/shared/ids';
import { type SignedManifest, signedManifest } from '@consilium/shared/wire';
import { z } from 'zod';
import {
  adopt,
  type Disk,
  freeBytes,
  makePrivate,
  readIfThere,
  readJsonIfThere,
  realDisk,
  withDisk,
  writeWhole,
} from '../config/index.js';
import { type BlobFolder, openBlobFolder } from './blob-folder.js';

/** What a round of training leaves at its site: local tensors, and what the next round alone reads. */
const carriedKind = z.enum(['carried', 'onward']);
export type CarriedKind = z.infer<typeof carriedKind>;

const finished = z.strictObject({
  contribution: signedManifest,
  /** Training patients behind it. */
  patients: z.int().min(0),
  /** What it left at this site. Not known where an earlier version wrote this. */
  left: z.array(carriedKind).exactOptional(),
});
/** A contribution that this site finished. */
export type Finished = z.infer<typeof finished>;

/** One that lies on this disk. */
export interface Kept extends Finished {
  readonly path: string;
}

/** Bytes of what earlier rounds left for the next ones that stay: a coordinator restored from a backup asks for those again. */
const earlierBytes = 2 ** 30;

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
  /** What this site finished, whether it still lies here or not. */
  finished(step: StepId): Promise<Finished | null>;
  kept(step: StepId): Promise<Kept | null>;
  keep(contribution: SignedManifest, patients: number): Promise<Kept>;
  /** Puts another signature under what is kept. */
  resign(kept: Kept, contribution: SignedManifest): Promise<Kept>;
  /**
   * Names of files of these kinds that a step left here and that are gone. A step of which nothing is known here any more left
   * something for the next round, if runs have that at all.
   */
  missing(step: StepId, kinds: readonly CarriedKind[]): Promise<readonly string[]>;
  /**
   * Removes what neither this step needs nor any that may come, and of what earlier rounds left for the next ones the oldest, where it
   * takes more than 1 GiB or a quarter of what the disk has free; without a step, all that the run left but manifests.
   */
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
  const carriedFiles = { carried, onward };
  const carriedDrafts = { carried: carriedDraft, onward: onwardDraft };
  const readFinished = async (step: StepId): Promise<Finished | null> =>
    finished.safeParse(await readJsonIfThere(manifestOf(step))).data ?? null;
  const write = async (known: Finished): Promise<Kept> => {
    const { step } = known.contribution.manifest;
    await writeWhole(manifestOf(step), JSON.stringify(known), disk);
    return { ...known, path: blobOf(step) };
  };
  return {
    folder,
    blobs,
    draft,
    carried,
    carriedDraft,
    onward,
    onwardDraft,
    finished: readFinished,
    async kept(step) {
      const known = await readFinished(step);
      if (known === null) return null;
      const bytes = await readIfThere(blobOf(step));
      const { hash } = known.contribution.manifest;
      return bytes !== null && sha256(bytes) === hash ? { ...known, path: blobOf(step) } : null;
    },
    async keep(contribution, patients) {
      const { step } = contribution.manifest;
      const left: CarriedKind[] = [];
      // First what the update goes with: once its manifest is there, it is never trained anew.
      for (const kind of carriedKind.options) {
        if (!(await isThere(carriedDrafts[kind](step)))) continue;
        await adopt(carriedDrafts[kind](step), carriedFiles[kind](step), disk);
        left.push(kind);
      }
      await adopt(draft(step), blobOf(step), disk);
      return write({ contribution, patients, left });
    },
    resign: ({ path: _, ...known }, contribution) => write({ ...known, contribution }),
    async missing(step, kinds) {
      const { left = ['onward'] } = (await readFinished(step)) ?? {};
      const names: string[] = [];
      for (const kind of kinds) {
        const path = carriedFiles[kind](step);
        if (left.includes(kind) && !(await isThere(path))) names.push(basename(path));
      }
      return names;
    },
    tidy: (needed) =>
      withDisk(folder, async () => {
        await blobs.keepOnly(needed?.blobs ?? new Set());
        const names = await readdir(folder);
        for (const name of names) {
          if (isOver(name, needed)) await disk.rm(join(folder, name), { force: true });
        }
        if (needed === null) return;
        for (const path of await tooMany(
          names.filter((name) => isEarlier(name, needed)).map((name) => join(folder, name)),
        )) {
          await disk.rm(path, { force: true });
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

/** Of the files that earlier rounds left, the oldest that have no room. */
async function tooMany(paths: readonly string[]): Promise<readonly string[]> {
  if (paths.length === 0) return [];
  const files = await Promise.all(paths.map(async (path) => ({ path, ...(await stat(path)) })));
  const bound = Math.min(earlierBytes, (await freeBytes(dirname(files[0]!.path))) / 4);
  let total = 0;
  return files
    .sort((a, b) => b.mtimeMs - a.mtimeMs)
    .filter(({ size }) => {
      total += size;
      return total > bound;
    })
    .map(({ path }) => path);
}

const isThere = (path: string): Promise<boolean> =>
  withDisk(path, async () => (await stat(path).catch(absent)) !== null);

/** Whether a file of a run's folder is of no more use to any step. */
function isOver(name: string, needed: Needed | null): boolean {
  // Of a write that a killed process did not end.
  if (name.endsWith('.part')) return true;
  const { owner, ending } = partsOf(name);
  if (!owner.startsWith('train-') || (needed !== null && owner === nameOf(needed.step))) return false;
  switch (ending) {
    case 'blob':
    case 'draft':
      return true;
    case 'carried':
    case 'onward':
      // Which round's model is judged in the end, and needs its own, is open until then.
      return needed === null;
    default:
      return false;
  }
}

/** Whether a file was left for the next round, and neither this step nor the one that it stands on left it. */
function isEarlier(name: string, { step, carried }: Needed): boolean {
  const { owner, ending } = partsOf(name);
  const own = [step, ...(carried === null ? [] : [carried])].map(nameOf);
  return ending === 'onward' && !own.includes(owner);
}

function partsOf(name: string): { readonly owner: string; readonly ending: string } {
  const [owner = '', ...endings] = name.split('.');
  return { owner, ending: endings.at(-1) ?? '' };
}

/** A step's id as a file name on every system. */
const nameOf = (step: StepId): string => step.replaceAll(':', '-');

function absent(thrown: unknown): null {
  if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return null;
  throw thrown;
}
