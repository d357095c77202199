import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openChunk, sealChunk } from '@consilium/shared/crypto';
import { coded } from '@consilium/shared/errors';
import type { BlobPlace } from './blobs.js';
import { openDigests } from './digests.js';
import {
  type Disk,
  hasCode,
  makeFolder,
  namesIn,
  readUpTo,
  realDisk,
  syncFolder,
  withSpace,
  writeAll,
} from './disk.js';
import { folderBlobs } from './folder-blobs.js';
import { blobsBelow, type FolderPlace, keyCheckFile, spoolsBelow, temporaryFolder } from './folder-place.js';
import { folderSpools } from './folder-spools.js';
import type { Random } from './sealed-format.js';

export interface BlobFolderOptions {
  readonly folder: string;
  /** 32 bytes; everything in the folder is sealed under it. */
  readonly dataKey: Uint8Array;
  /** Blobs kept open for reading. Each may hold one chunk (1 MiB) of plain bytes. */
  readonly openBlobs?: number;
  readonly random?: Random;
  readonly disk?: Disk;
}

const keyCheckContext = 'blob-folder';
const keyCheckBytes = 32;

/**
 * Blobs and spools in a folder, sealed at rest; folders are 0700, files 0600. One process at a time: open the store first,
 * it holds the lock. What earlier processes left half-written is removed.
 * @throws CSM-BLOB-KEY when the folder was made with another data key
 */
export async function openBlobFolder({
  folder,
  dataKey,
  openBlobs = 32,
  random = randomBytes,
  disk = realDisk,
}: BlobFolderOptions): Promise<BlobPlace> {
  const digests = openDigests();
  const place: FolderPlace = { disk, folder, dataKey, random, digests };
  await withSpace(folder, async () => {
    await makeFolder(disk, folder);
    await checkKey(place);
    await disk.rm(temporaryFolder(folder), { recursive: true, force: true });
    await makeFolder(disk, temporaryFolder(folder));
    await makeFolder(disk, spoolsBelow(folder));
  });
  const blobs = folderBlobs(place, openBlobs);
  const spools = folderSpools(place, blobs);
  return {
    blobs,
    spools,
    async close() {
      await spools.close();
      await blobs.close();
      await digests.close();
    },
  };
}

/** Whether blobs lie in a folder, opened or not. */
export const holdsBlobs = async (folder: string): Promise<boolean> =>
  (await namesIn(realDisk, blobsBelow(folder))).length > 0;

/** A wrong key must be told at start, not as a thousand damaged blobs. */
async function checkKey({ disk, folder, dataKey }: FolderPlace): Promise<void> {
  const path = join(folder, keyCheckFile);
  const sealed = await readSmall(disk, path);
  if (sealed !== undefined) {
    try {
      openChunk(dataKey, keyCheckContext, 0, sealed);
      return;
    } catch (error) {
      throw coded('CSM-BLOB-KEY', { folder }, { cause: error });
    }
  }
  const temporary = `${path}.new`;
  const handle = await disk.open(temporary, 'w', 0o600);
  try {
    await writeAll(handle, sealChunk(dataKey, keyCheckContext, 0, new Uint8Array(keyCheckBytes)), 0);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await disk.rename(temporary, path);
  await syncFolder(disk, folder);
}

async function readSmall(disk: Disk, path: string): Promise<Uint8Array | undefined> {
  try {
    const handle = await disk.open(path, 'r');
    try {
      return await readUpTo(handle, 0, 4096);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
