import { readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobHash } from '@consilium/shared/ids';
import { adopt, type Disk, freeBytes, makePrivate, realDisk, withDisk, writeWhole } from '../config/index.js';
import { digestOf, fileSink, type Sink } from '../connection/index.js';

/** Fills a sink, which may hold a first part from before. */
export type Fetch = (sink: Sink) => Promise<unknown>;

/** A folder of fetched blobs, each under its hash. */
export interface BlobFolder {
  path(hash: BlobHash): string;
  /** Whether it is there as its hash says; one that the disk altered is removed. */
  holds(hash: BlobHash): Promise<boolean>;
  /** Brings a blob here unless it is here, unaltered. @returns its path */
  obtain(hash: BlobHash, fetch: Fetch): Promise<string>;
  /** The same for a blob in memory. */
  put(hash: BlobHash, bytes: Uint8Array): Promise<void>;
  /** Removes all but these, of which nothing is removed. */
  keepOnly(needed: ReadonlySet<BlobHash>): Promise<void>;
  /** The same, but what was used last stays as well, up to so many bytes, and never more than a quarter of what the disk has free. */
  keepNewest(needed: ReadonlySet<BlobHash>, bytes: number): Promise<void>;
  /** Notes that a blob is of use. */
  touch(hash: BlobHash, now: Date): Promise<void>;
}

const partEnding = '.part';

/** @throws CSM-AGENT-DISK, as all that it does */
export async function openBlobFolder(folder: string, disk: Disk = realDisk): Promise<BlobFolder> {
  await makePrivate(folder, disk);
  const path = (hash: BlobHash): string => join(folder, hash);
  const remove = (name: string): Promise<void> => disk.rm(join(folder, name), { force: true });

  /** A disk may have changed what an earlier step left: nothing is trained on that. One that differs is fetched anew. */
  const holds = (hash: BlobHash): Promise<boolean> =>
    withDisk(hash, async () => {
      if ((await stat(path(hash)).catch(absent)) === null) return false;
      if ((await digestOf(path(hash))) === hash) return true;
      await remove(hash);
      return false;
    });

  /** Names of what nobody needs; of blobs that are needed the first part of an unfinished one stays, too. */
  const others = async (needed: ReadonlySet<BlobHash>): Promise<readonly string[]> => {
    const names = new Set<string>([...needed].flatMap((hash) => [hash, `${hash}${partEnding}`]));
    return (await readdir(folder)).filter((name) => !names.has(name));
  };

  return {
    path,
    holds,
    async obtain(hash, fetch) {
      if (await holds(hash)) return path(hash);
      const part = `${path(hash)}${partEnding}`;
      const sink = await fileSink(part, disk);
      try {
        await fetch(sink);
      } finally {
        await sink.close();
      }
      await adopt(part, path(hash), disk);
      return path(hash);
    },
    async put(hash, bytes) {
      if (!(await holds(hash))) await writeWhole(path(hash), bytes, disk);
    },
    keepOnly: (needed) =>
      withDisk(folder, async () => {
        for (const name of await others(needed)) await remove(name);
      }),
    keepNewest: (needed, bytes) =>
      withDisk(folder, async () => {
        const files = [];
        for (const name of await others(needed)) {
          const { size, mtimeMs } = await stat(join(folder, name));
          files.push({ name, size, mtimeMs });
        }
        const bound = Math.min(bytes, (await freeBytes(folder)) / 4);
        let total = 0;
        for (const { name, size } of files.sort((a, b) => b.mtimeMs - a.mtimeMs || (a.name < b.name ? -1 : 1))) {
          total += size;
          if (total > bound || name.endsWith(partEnding)) await remove(name);
        }
      }),
    touch: (hash, now) => withDisk(hash, () => utimes(path(hash), now, now)),
  };
}

function absent(thrown: unknown): null {
  if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return null;
  throw thrown;
}
