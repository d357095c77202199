import { join } from 'node:path';
import type { Disk } from './disk.js';
import type { Random } from './sealed-format.js';

/** What the rooms of a blob folder share. */
export interface FolderPlace {
  readonly disk: Disk;
  readonly folder: string;
  readonly dataKey: Uint8Array;
  readonly random: Random;
}

/** Where blobs lie, under their hashes. */
export const blobsBelow = (folder: string): string => join(folder, 'blobs');

/** Where files are written before they get their name. */
export const temporaryFolder = (folder: string): string => join(folder, 'tmp');

/** A few bytes sealed under the data key of the folder, by which another key is known at once. */
export const keyCheckFile = 'key-check';
