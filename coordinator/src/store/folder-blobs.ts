import { dirname, join } from 'node:path';
import { type BlobHash, blobHash } from '@consilium/shared/ids';
import type { Blobs, BlobWriter } from './blobs.js';
import { hasCode, makeFolder, namesIn, syncFolder, withSpace } from './disk.js';
import { blobsBelow, type FolderPlace, temporaryFolder } from './folder-place.js';
import { openFiles } from './open-files.js';
import { chunkBuffers, openSealed } from './sealed-reader.js';
import { createSealed, type SealedWriter } from './sealed-writer.js';
import { turns } from './turns.js';

/** Blobs in a folder, and the door by which a spool becomes one. */
export interface FolderBlobs extends Blobs {
  /** Puts a flushed sealed file under its hash, durably. */
  adopt(path: string, hash: BlobHash): Promise<void>;
  close(): Promise<void>;
}

export function folderBlobs(place: FolderPlace, openBlobs: number): FolderBlobs {
  const { disk, dataKey } = place;
  const root = blobsBelow(place.folder);
  const pathOf = (hash: BlobHash) => join(root, hash.slice(0, 2), hash);
  const buffers = chunkBuffers();
  const readers = openFiles(openBlobs, (hash: BlobHash) =>
    openSealed({ disk, dataKey, path: pathOf(hash), buffers }, hash),
  );
  /** Sweeps under way, each with the blobs committed since it began. */
  const sweeps = new Set<Set<BlobHash>>();
  const writers = new Set<BlobWriter>();
  const inTurn = turns();

  const adopt = (path: string, hash: BlobHash): Promise<void> => {
    for (const spared of sweeps) spared.add(hash);
    return inTurn(hash, async () => {
      const target = pathOf(hash);
      await makeFolder(disk, dirname(target));
      // Over a blob that is there already: it has the same bytes, unless it is damaged, and then this mends it.
      await disk.rename(path, target);
      await syncFolder(disk, dirname(target));
      await readers.drop(hash);
    });
  };

  const writer = (): BlobWriter => {
    const path = join(temporaryFolder(place.folder), `${Buffer.from(place.random(16)).toString('hex')}.part`);
    const opening = createSealed({ ...place, path });
    opening.catch(() => {});
    let ended: 'no' | 'committed' | 'aborted' = 'no';
    const open = async (): Promise<SealedWriter> => {
      if (ended !== 'no') throw new Error(`This blob writer is ${ended}.`);
      return opening;
    };
    const next = <Result>(work: () => Promise<Result>) => inTurn(path, () => withSpace(place.folder, work));
    const self: BlobWriter = {
      append: (bytes) => next(async () => (await open()).append(bytes)),
      commit: () =>
        next(async () => {
          const file = await open();
          await file.seal();
          const done = { hash: await file.digest(), bytes: file.offset };
          await adopt(path, done.hash);
          ended = 'committed';
          writers.delete(self);
          await file.close();
          return done;
        }),
      abort: () =>
        next(async () => {
          if (ended !== 'no') return;
          ended = 'aborted';
          writers.delete(self);
          await (await opening.catch(() => null))?.close();
          await disk.rm(path, { force: true });
        }),
    };
    writers.add(self);
    return self;
  };

  const removeIf = (hash: BlobHash, wanted: () => boolean): Promise<boolean> =>
    inTurn(hash, async () => {
      if (!wanted()) return false;
      await readers.drop(hash);
      await disk.rm(pathOf(hash), { force: true });
      return true;
    });

  return {
    adopt,
    writer,
    async remove(hash) {
      await removeIf(hash, () => true);
    },
    async has(hash) {
      try {
        return (await disk.stat(pathOf(hash))).isFile();
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return false;
        throw error;
      }
    },
    size: (hash) => readers.use(hash, async ({ bytes }) => bytes),
    read: (hash, offset, length) => readers.use(hash, (reader) => reader.read(offset, length)),
    async write(bytes) {
      const one = writer();
      try {
        await one.append(bytes);
        return (await one.commit()).hash;
      } finally {
        await one.abort();
      }
    },
    async sweep(keep) {
      const spared = new Set<BlobHash>();
      sweeps.add(spared);
      let removed = 0;
      try {
        const kept = await keep();
        for (const prefix of await namesIn(disk, root)) {
          for (const name of await namesIn(disk, join(root, prefix))) {
            const { data: hash } = blobHash.safeParse(name);
            if (hash === undefined || kept.has(hash)) continue;
            if (await removeIf(hash, () => !spared.has(hash))) removed += 1;
          }
        }
      } finally {
        sweeps.delete(spared);
      }
      return removed;
    },
    async close() {
      await Promise.all([...writers].map((open) => open.abort()));
      await readers.close();
    },
  };
}
