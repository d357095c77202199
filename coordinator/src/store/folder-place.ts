import { join } from 'node:path';
import type { Digests } from './digests.js';
import type { Disk } from './disk.js';
import type { Random } from './sealed-format.js';

/** What the rooms of a blob folder share. */
export interface FolderPlace {
  readonly disk: Disk;
  readonly folder: string;
  readonly dataKey: Uint8Array;
  readonly random: Random;
  readonly digests: Digests;
}

/** Where blobs lie, under their hashes. */
export const blobsBelow = (folder: string): string => join(folder, 'blobs');

/** Where uploads lie until they are blobs. */
export const spoolsBelow = (folder: string): string => join(folder, 'spools');

/** Where files are written before they get their name. */
export const temporaryFolder = (folder: string): string => join(folder, 'tmp');

/** A few bytes sealed under the data key of the folder, by which another key is known at once. */
export const keyCheckFile = 'key-check';
