import { constants } from 'node:fs';
import { chmod, copyFile, link, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BlobHash, blobHash } from '@consilium/shared/ids';
import { hasCode, makeFolder, realDisk, syncFolder } from './disk.js';
import { blobsBelow, keyCheckFile, temporaryFolder } from './folder-place.js';
import { connect } from './libsql.js';

/**
 * Writes the database as it stands at one moment into a new file, while its owner goes on.
 * @throws CSM-STORE-DAMAGED, CSM-STORE-NO-SPACE, CSM-STORE-DISK
 */
export async function snapshotDatabase(file: string, to: string): Promise<void> {
  const connection = connect(file);
  try {
    connection.exec('PRAGMA busy_timeout = 5000');
    connection.exec(`VACUUM INTO '${to.replaceAll("'", "''")}'`);
  } finally {
    connection.close();
  }
  await chmod(to, 0o600);
}

/** Blobs of a folder that another process keeps, held so that what it removes meanwhile stays until `release`. */
export interface PinnedBlobs {
  /** Holds all that lie there now, beside those held before. @returns all held so far */
  pin(): Promise<ReadonlySet<BlobHash>>;
  /** Puts some of them into another folder of blobs, sealed as they are. @returns their bytes on the disk */
  copy(hashes: Iterable<BlobHash>, folder: string): Promise<number>;
  release(): Promise<void>;
}

/** @param name of the folder to hold them in; the owner clears its place at its next start */
export function pinBlobs(folder: string, name: string): PinnedBlobs {
  const pins = join(temporaryFolder(folder), name);
  const held = new Set<BlobHash>();
  return {
    async pin() {
      await mkdir(pins, { recursive: true, mode: 0o700 });
      const entries = await readdir(blobsBelow(folder), { recursive: true }).catch(none);
      for (const entry of entries) {
        const hash = blobHash.safeParse(entry.slice(-64)).data;
        if (hash === undefined || held.has(hash)) continue;
        // It may go between the list and the link: then nothing names it any more, or the next look finds it lacking.
        if (await linkOrCopy(blobPath(folder, hash), join(pins, hash))) held.add(hash);
      }
      return held;
    },
    async copy(hashes, to) {
      let bytes = 0;
      await makeFolder(realDisk, to);
      await linkOrCopy(join(folder, keyCheckFile), join(to, keyCheckFile));
      for (const hash of hashes) {
        const target = blobPath(to, hash);
        await makeFolder(realDisk, dirname(target));
        await linkOrCopy(join(pins, hash), target);
        await syncFolder(realDisk, dirname(target));
        bytes += (await stat(target)).size;
      }
      await syncFolder(realDisk, to);
      return bytes;
    },
    release: () => rm(pins, { recursive: true, force: true }),
  };
}

const blobPath = (folder: string, hash: BlobHash): string => join(blobsBelow(folder), hash.slice(0, 2), hash);

/** A second name for a file that is never written again; a copy where the disk has no such thing. False: it is not there. */
async function linkOrCopy(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT')) return false;
    if (!hasCode(thrown, 'EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK', 'ENOSYS')) throw thrown;
  }
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL);
    const handle = await realDisk.open(to, 'r');
    await handle.sync().finally(() => handle.close());
    return true;
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT')) return false;
    throw thrown;
  }
}

const none = (thrown: unknown): string[] => {
  if (hasCode(thrown, 'ENOENT')) return [];
  throw thrown;
};
