import { randomBytes } from 'node:crypto';
import { chmod, readFile, statfs } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { CodedError, coded } from '@consilium/shared/errors';
import { type Disk, realDisk } from './disk.js';

const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : 'unknown fault';

const isSystemFault = (thrown: unknown): boolean => thrown instanceof Error && 'syscall' in thrown;

/**
 * Does something with a file of this site's own; a fault of the disk becomes a coded error that names the file alone.
 * @throws CSM-AGENT-DISK
 */
export async function withDisk<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof CodedError || !isSystemFault(thrown)) throw thrown;
    throw coded('CSM-AGENT-DISK', { file: basename(path), reason: reasonOf(thrown) }, { cause: thrown });
  }
}

/** Writes a file (0600) whole or not at all: it is on the disk, under its name, when this resolves. @throws CSM-AGENT-DISK */
export const writeWhole = (path: string, content: string | Uint8Array, disk: Disk = realDisk): Promise<void> =>
  withDisk(path, async () => {
    const part = `${path}.${randomBytes(4).toString('hex')}.part`;
    try {
      const file = await disk.open(part, 'w', 0o600);
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      await adopt(part, path, disk);
    } catch (thrown) {
      await disk.rm(part, { force: true }).catch(() => {});
      throw thrown;
    }
  });

/** Gives a written, synced file its name, durably. @throws CSM-AGENT-DISK */
export const adopt = (part: string, path: string, disk: Disk = realDisk): Promise<void> =>
  withDisk(path, async () => {
    await disk.rename(part, path);
    await syncFolder(dirname(path), disk);
  });

/** What names a folder holds is on the disk when this resolves. @throws CSM-AGENT-DISK */
export const syncFolder = (path: string, disk: Disk = realDisk): Promise<void> =>
  withDisk(path, async () => {
    // Windows cannot open a folder to sync it.
    if (process.platform === 'win32') return;
    const folder = await disk.open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  });

/** A file's bytes, or null when there is none. @throws CSM-AGENT-DISK */
export const readIfThere = (path: string): Promise<Uint8Array | null> =>
  withDisk(path, async () => {
    try {
      return await readFile(path);
    } catch (thrown) {
      if (reasonOf(thrown) === 'ENOENT') return null;
      throw thrown;
    }
  });

/** A JSON file's value; undefined when there is no such file or it is no JSON. @throws CSM-AGENT-DISK */
export async function readJsonIfThere(path: string): Promise<unknown> {
  const bytes = await readIfThere(path);
  if (bytes === null) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Makes a folder that only its owner enters. @throws CSM-AGENT-DISK */
export const makePrivate = (folder: string, disk: Disk = realDisk): Promise<void> =>
  withDisk(folder, async () => {
    await disk.mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
  });

/** Bytes that this user may still write where a folder lies, or will lie: one that is not made yet, where its nearest parent does. */
export async function freeBytes(folder: string): Promise<number> {
  for (let place = folder; ; place = dirname(place)) {
    try {
      const { bavail, bsize } = await statfs(place);
      return bavail * bsize;
    } catch (thrown) {
      if (reasonOf(thrown) !== 'ENOENT' || place === dirname(place)) throw thrown;
    }
  }
}
