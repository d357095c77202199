import { mkdir } from 'node:fs/promises';
import { fail } from '@consilium/shared/errors';
import { onDisk } from './faults.js';
import type { Bundle } from './pins.js';

/** Unpacked, libraries take about three times what they take packed. */
const unpackedFactor = 3.3;
/** What an archive is taken for whose size is not known beforehand. */
const archiveBytes = 500e6;

/** Bytes that this user may still write to a folder's disk. */
export type FreeBytes = (folder: string) => Promise<number>;

/** Bytes that installing a bundle takes on the disk, at most: its files, and what is unpacked from them. */
export const bytesFor = ({ files }: Bundle): number =>
  files.reduce((sum, { bytes }) => sum + (bytes ?? archiveBytes) * (1 + unpackedFactor), 0);

/** @throws CSM-NATIVE-SPACE, CSM-NATIVE-DISK */
export async function requireSpace(folder: string, needed: number, free: FreeBytes): Promise<void> {
  const has = await onDisk(folder, async () => {
    await mkdir(folder, { recursive: true });
    return free(folder);
  });
  if (has < needed) fail('CSM-NATIVE-SPACE', { folder, free: gigabytes(has), needed: gigabytes(needed) });
}

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1);
