import * as promises from 'node:fs/promises';
import { dirname } from 'node:path';
import { coded } from '@consilium/shared/errors';

/** The file system as the blobs use it. A test may hand in one that fails. */
export type Disk = Pick<typeof promises, 'open' | 'mkdir' | 'rename' | 'rm' | 'rmdir' | 'readdir' | 'stat'>;
export type FileHandle = promises.FileHandle;

export const realDisk: Disk = promises;

export const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

/** Does something on the disk; a full one becomes a coded error. @throws CSM-BLOB-NO-SPACE */
export async function withSpace<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (hasCode(error, 'ENOSPC', 'EDQUOT', 'EFBIG')) throw coded('CSM-BLOB-NO-SPACE', { folder }, { cause: error });
    throw error;
  }
}

/** Writes all bytes at a position, however many pieces the system takes them in. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

/** Reads up to `length` bytes from a position, into `bytes` when given; fewer only at the end of the file. */
export async function readUpTo(
  handle: FileHandle,
  position: number,
  length: number,
  bytes: Uint8Array = Buffer.allocUnsafeSlow(length),
): Promise<Uint8Array> {
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

/** Makes the names in a folder durable. Windows knows no such thing. */
export async function syncFolder(disk: Disk, folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await disk.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a private folder and those above it, durably. */
export async function makeFolder(disk: Disk, folder: string): Promise<void> {
  const first = await disk.mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const above: string[] = [];
  for (let made = folder; made.length >= first.length; made = dirname(made)) above.push(dirname(made));
  await all(above.map((one) => syncFolder(disk, one)));
}

/** Waits for all of them, also when one fails: nothing is under way any more when it says so. */
export async function all(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Names in a folder; none when it is not there. */
export async function namesIn(disk: Disk, folder: string): Promise<readonly string[]> {
  try {
    return await disk.readdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
