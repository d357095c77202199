import { constants } from 'node:fs';
import { chmod, copyFile, link, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fail } from '@consilium/shared/errors';
import { type BlobHash, blobHash } from '@consilium/shared/ids';
import { type Disk, hasCode, makeFolder, realDisk, syncFolder } from './disk.js';
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
  /**
   * Puts some of them into another folder of blobs, sealed as they are.
   * @returns their bytes on the disk
   * @throws CSM-BACKUP-BLOBS when some are held no more: the owner has started anew and removed them
   */
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
      let missing = 0;
      await makeFolder(realDisk, to);
      await linkOrCopy(join(folder, keyCheckFile), join(to, keyCheckFile));
      for (const hash of hashes) {
        const target = blobPath(to, hash);
        await makeFolder(realDisk, dirname(target));
        // An owner that started anew has cleared its place; what the journal names lies where it lay.
        const isThere =
          (await linkOrCopy(join(pins, hash), target)) || (await linkOrCopy(blobPath(folder, hash), target));
        if (!isThere) {
          missing += 1;
          continue;
        }
        await syncFolder(realDisk, dirname(target));
        bytes += (await stat(target)).size;
      }
      await syncFolder(realDisk, to);
      return missing === 0 ? bytes : fail('CSM-BACKUP-BLOBS', { missing });
    },
    release: () => rm(pins, { recursive: true, force: true }),
  };
}

/** Gives a copy that is whole its name. The files at its top are flushed before, and the name after. */
export async function nameCopy(disk: Disk, part: string, to: string): Promise<void> {
  for (const entry of await disk.readdir(part, { withFileTypes: true })) {
    if (entry.isFile()) await syncFile(disk, join(part, entry.name));
  }
  await syncFolder(disk, part);
  await disk.rename(part, to);
  await syncFolder(disk, dirname(to));
}

async function syncFile(disk: Disk, path: string): Promise<void> {
  const handle = await disk.open(path, 'r+');
  await handle.sync().finally(() => handle.close());
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
    await syncFile(realDisk, to);
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
