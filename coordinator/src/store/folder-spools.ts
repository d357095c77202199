import { dirname, join } from 'node:path';
import { blobHash, runId, siteId, stepId } from '@consilium/shared/ids';
import type { Spool, SpoolClaim, SpoolEntry, SpoolOwner, Spools } from './blobs.js';
import { all, hasCode, namesIn, syncFolder, withSpace } from './disk.js';
import type { FolderBlobs } from './folder-blobs.js';
import { type FolderPlace, spoolsBelow } from './folder-place.js';
import { createSealed, resumeSealed, type SealedWriter } from './sealed-writer.js';
import { type SpoolFile, spoolHandle } from './spool-handle.js';
import { turns } from './turns.js';

/** A spool's file is `<hash>-<bytes>.part`; once it became a blob, an empty `<hash>-<bytes>.done` stays in its place. */
const fileName = /^([0-9a-f]{64})-(\d{1,15})\.(part|done)$/;

/** Uploads in a folder: one folder for each site, run and step. */
export function folderSpools(place: FolderPlace, blobs: FolderBlobs): Spools & { close(): Promise<void> } {
  const { disk, folder } = place;
  const root = spoolsBelow(folder);
  const folderOf = ({ site, run, step }: SpoolOwner) => join(root, site, run, step.replaceAll(':', '.'));
  const live = new Map<string, Spool>();
  const inTurn = turns();

  const filesIn = async (owned: string) =>
    (await namesIn(disk, owned)).flatMap((name) => {
      const [, hash, bytes, state] = fileName.exec(name) ?? [];
      return hash === undefined ? [] : [{ name, hash: blobHash.parse(hash), bytes: Number(bytes), state }];
    });

  /** Leaves a mark, durably with the folders that lead to it. */
  const mark = async (owned: string, name: string): Promise<void> => {
    await (await disk.open(join(owned, name), 'w', 0o600)).close();
    const [ofRun, ofSite] = [dirname(owned), dirname(dirname(owned))];
    await all([owned, ofRun, ofSite, root].map((one) => syncFolder(disk, one)));
  };

  const begin = async (path: string, bytes: number, onRead?: () => void): Promise<SealedWriter> => {
    try {
      const resumed = await resumeSealed({ ...place, path }, bytes, onRead);
      if (resumed !== undefined) return resumed;
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
    return createSealed({ ...place, path }, bytes);
  };

  /** The file behind a handle, after everything that is not of this claim is gone. */
  const fileFor = async (claim: SpoolClaim, onRead?: () => void): Promise<SpoolFile> => {
    const owned = folderOf(claim);
    const part = `${claim.hash}-${claim.bytes}.part`;
    const done = `${claim.hash}-${claim.bytes}.done`;
    // Its name is made durable with the mark: what is not done may begin anew after the machine itself has failed.
    await disk.mkdir(owned, { recursive: true, mode: 0o700 });
    const names = (await filesIn(owned)).map(({ name }) => name);
    const finished = names.includes(done) && !names.includes(part) && (await blobs.has(claim.hash));
    for (const name of names) {
      if (name !== part && !(finished && name === done)) await disk.rm(join(owned, name), { force: true });
    }
    const path = join(owned, part);
    return {
      writer: finished ? null : await begin(path, claim.bytes, onRead),
      mark: () => mark(owned, done),
      adopt: () => blobs.adopt(path, claim.hash),
      async remove() {
        for (const name of [part, done]) await disk.rm(join(owned, name), { force: true });
      },
    };
  };

  const owners = async function* (): AsyncGenerator<SpoolOwner> {
    for (const siteName of await namesIn(disk, root)) {
      for (const runName of await namesIn(disk, join(root, siteName))) {
        for (const stepName of await namesIn(disk, join(root, siteName, runName))) {
          const site = siteId.safeParse(siteName).data;
          const run = runId.safeParse(runName).data;
          const step = stepId.safeParse(stepName.replaceAll('.', ':')).data;
          if (site !== undefined && run !== undefined && step !== undefined) yield { site, run, step };
        }
      }
    }
  };

  const drop = (owner: SpoolOwner): Promise<void> => {
    const owned = folderOf(owner);
    return inTurn(owned, async () => {
      await live.get(owned)?.close();
      await disk.rm(owned, { recursive: true, force: true });
      // Folders that became empty go too; one with other spools says no.
      for (const above of [dirname(owned), dirname(dirname(owned))]) await disk.rmdir(above).catch(() => {});
    });
  };

  return {
    open: (claim, onRead) => {
      const owned = folderOf(claim);
      return inTurn(owned, async () => {
        await live.get(owned)?.close();
        const file = await withSpace(folder, () => fileFor(claim, onRead));
        const handle = spoolHandle({
          claim,
          file,
          folder,
          onEnd: () => {
            if (live.get(owned) === handle) live.delete(owned);
          },
        });
        if (file.writer !== null) live.set(owned, handle);
        return handle;
      });
    },
    async list() {
      const all: SpoolEntry[] = [];
      for await (const owner of owners()) {
        for (const { hash, bytes, state } of await filesIn(folderOf(owner))) {
          all.push({ ...owner, hash, bytes, finished: state === 'done' });
        }
      }
      return all;
    },
    async sweep(keep) {
      let dropped = 0;
      for await (const owner of owners()) {
        if (keep(owner)) continue;
        await drop(owner);
        dropped += 1;
      }
      return dropped;
    },
    async close() {
      await Promise.all([...live.values()].map((spool) => spool.close()));
    },
  };
}
