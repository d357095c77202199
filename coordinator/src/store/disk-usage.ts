import * as promises from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from './disk.js';

/** What a folder takes on its disk, and what the disk has left for this process. */
export interface DiskUsage {
  readonly usedBytes: number;
  readonly freeBytes: number;
}

type Reader = Pick<typeof promises, 'readdir' | 'stat' | 'statfs'>;

/** Sums the files below a folder. Files that go while it reads are no fault. */
export async function diskUsage(folder: string, disk: Reader = promises): Promise<DiskUsage> {
  const [{ bavail, bsize }, usedBytes] = await Promise.all([disk.statfs(folder), bytesBelow(folder, disk)]);
  return { usedBytes, freeBytes: bavail * bsize };
}

async function bytesBelow(folder: string, disk: Reader): Promise<number> {
  let bytes = 0;
  for (const entry of await unlessGone(disk.readdir(folder, { withFileTypes: true }), [])) {
    const path = join(folder, entry.name);
    bytes += entry.isDirectory() ? await bytesBelow(path, disk) : await unlessGone(sizeOf(path, disk), 0);
  }
  return bytes;
}

const sizeOf = async (path: string, disk: Reader): Promise<number> => (await disk.stat(path)).size;

const unlessGone = <Value>(reading: Promise<Value>, otherwise: Value): Promise<Value> =>
  reading.catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return otherwise;
    throw error;
  });
