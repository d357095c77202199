import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '@consilium/shared/canonical';
import { type BlobHash, type RunId, runId, type StepId } from '@consilium/shared/ids';
import { type SignedManifest, signedManifest } from '@consilium/shared/wire';
import { z } from 'zod';
import { adopt, makePrivate, readIfThere, readJsonIfThere, withDisk, writeWhole } from '../config/index.js';
import { digestOf, fileSink, type Sink } from '../connection/index.js';

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

/** What a site keeps of one run: fetched blobs, and its own contributions until they are no longer needed. */
export interface RunFolder {
  readonly folder: string;
  blob(hash: BlobHash): string;
  /** Size of a fetched blob; null when it is not there whole. */
  sizeOf(hash: BlobHash): Promise<number | null>;
  /** Brings a blob here unless it is here, unaltered: `fetch` fills the sink, which may hold a first part from before. */
  obtain(hash: BlobHash, fetch: (sink: Sink) => Promise<unknown>): Promise<string>;
  /** Where the trainer writes a step's result before it is a contribution. */
  draft(step: StepId): string;
  /** Where a step's local tensors lie: they stay at the site and are read again by the rounds that stand on that step. */
  carried(step: StepId): string;
  /** Where the trainer writes them. */
  carriedDraft(step: StepId): string;
  kept(step: StepId): Promise<Kept | null>;
  keep(contribution: SignedManifest, patients: number): Promise<Kept>;
  forget(step: StepId): Promise<void>;
  /** Removes updates of other steps than `step`, and blobs other than these; where there is no such step, what is carried, too. */
  tidy(step: StepId | null, blobs: readonly (BlobHash | null)[]): Promise<void>;
}

/** @throws CSM-AGENT-DISK, as all that it does */
export async function openRunFolder(runs: string, run: RunId): Promise<RunFolder> {
  const folder = join(runs, run);
  const blobs = join(folder, 'blobs');
  await makePrivate(folder);
  await makePrivate(blobs);
  const blob = (hash: BlobHash): string => join(blobs, hash);
  const blobOf = (step: StepId): string => join(folder, `${nameOf(step)}.blob`);
  const manifestOf = (step: StepId): string => join(folder, `${nameOf(step)}.manifest.json`);
  const draft = (step: StepId): string => join(folder, `${nameOf(step)}.draft`);
  const carried = (step: StepId): string => join(folder, `${nameOf(step)}.carried`);
  const carriedDraft = (step: StepId): string => `${carried(step)}.draft`;
  const sizeOf = (hash: BlobHash): Promise<number | null> =>
    withDisk(hash, async () => (await stat(blob(hash)).catch(absent))?.size ?? null);

  /** A disk may have changed what an earlier step left: nothing is trained on that. One that differs is fetched anew. */
  const isWhole = (hash: BlobHash): Promise<boolean> =>
    withDisk(hash, async () => {
      if ((await sizeOf(hash)) === null) return false;
      if ((await digestOf(blob(hash))) === hash) return true;
      await rm(blob(hash), { force: true });
      return false;
    });

  return {
    folder,
    blob,
    sizeOf,
    draft,
    carried,
    carriedDraft,
    async obtain(hash, fetch) {
      if (await isWhole(hash)) return blob(hash);
      const part = `${blob(hash)}.part`;
      const sink = await withDisk(part, () => fileSink(part));
      try {
        await withDisk(part, () => fetch(sink));
      } finally {
        await sink.close();
      }
      await adopt(part, blob(hash));
      return blob(hash);
    },
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
      if (await isThere(carriedDraft(step))) await adopt(carriedDraft(step), carried(step));
      await adopt(draft(step), blobOf(step));
      await writeWhole(manifestOf(step), JSON.stringify({ contribution, patients }));
      return { contribution, patients, path: blobOf(step) };
    },
    forget: (step) =>
      withDisk(folder, async () => {
        for (const path of [manifestOf(step), blobOf(step)]) await rm(path, { force: true });
      }),
    tidy: (step, needed) =>
      withDisk(folder, async () => {
        const names = new Set<string>(needed.filter((hash) => hash !== null));
        for (const name of await readdir(blobs)) {
          if (!names.has(name.replace(/\.part$/, ''))) await rm(join(blobs, name), { force: true });
        }
        const current = step === null ? '' : nameOf(step);
        for (const name of await readdir(folder)) {
          const [owner] = name.split('.');
          const ended = step === null ? /^train-.*\.(?:blob|draft|carried)$/ : /^train-.*\.(?:blob|draft)$/;
          if (ended.test(name) && owner !== current) await rm(join(folder, name), { force: true });
        }
      }),
  };
}

/** Removes what runs other than this one left that is of no more use. @throws CSM-AGENT-DISK */
export async function tidyOtherRuns(runs: string, run: RunId | null): Promise<void> {
  for (const name of await withDisk(runs, () => readdir(runs))) {
    const id = runId.safeParse(name);
    if (name === run || !id.success) continue;
    const other = await openRunFolder(runs, id.data);
    await other.tidy(null, []);
  }
}

const isThere = (path: string): Promise<boolean> =>
  withDisk(path, async () => (await stat(path).catch(absent)) !== null);

/** A step's id as a file name on every system. */
const nameOf = (step: StepId): string => step.replaceAll(':', '-');

function absent(thrown: unknown): null {
  if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return null;
  throw thrown;
}
