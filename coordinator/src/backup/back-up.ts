import { access, copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { signedContract } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import type { BlobHash } from '@consilium/shared/ids';
import { neededBlobs } from '../conduct/index.js';
import { homeFiles } from '../home.js';
import { apply, newRun, runRecord } from '../rounds/index.js';
import { listRuns, openSqliteStore, pinBlobs, runOf, type Store, snapshotDatabase } from '../store/index.js';

/** A blob that is made, named and removed within one look is rare; in so many looks it does not happen. */
const looks = 20;

export interface BackedUp {
  readonly runs: number;
  readonly records: number;
  readonly blobs: number;
  readonly bytes: number;
}

/**
 * Copies a coordinator's folder while the coordinator goes on: the database as it stands at one moment, every blob that it names
 * then, and the keys, sealed as they are. Blobs are held first, then the database is copied, so that what retention removes
 * meanwhile is there all the same. Uploads under way are left out: sites send them again.
 * @param to a folder that is not there yet; it has its name only once it is whole
 * @param name of what is held meanwhile
 * @throws CSM-BACKUP-HOME, CSM-BACKUP-BLOBS, CSM-STORE-*
 */
export async function backUp(home: string, to: string, name: string): Promise<BackedUp> {
  const from = homeFiles(home);
  const part = `${to}.part`;
  const into = homeFiles(part);
  const pinned = pinBlobs(from.blobFolder, name);
  await mkdir(part, { mode: 0o700 });
  try {
    for (const key of ['identityFile', 'dataKeyFile'] as const) {
      await copyFile(from[key], into[key]).catch(() => fail('CSM-BACKUP-HOME', { home }));
    }
    await access(from.storeFile).catch(() => fail('CSM-BACKUP-HOME', { home }));
    await pinned.pin();
    for (let look = 1; ; look++) {
      await snapshotDatabase(from.storeFile, into.storeFile);
      const held = await pinned.pin();
      const { needed, ...counts } = await namedIn(into.storeFile);
      const lacking = [...needed].filter((hash) => !held.has(hash));
      if (lacking.length === 0) {
        const bytes = await pinned.copy(needed, into.blobFolder);
        await rename(part, to);
        return { ...counts, blobs: needed.size, bytes };
      }
      if (look === looks) fail('CSM-BACKUP-BLOBS', { missing: lacking.length });
      await rm(into.storeFile);
    }
  } catch (thrown) {
    await rm(part, { recursive: true, force: true });
    throw thrown;
  } finally {
    await pinned.release();
  }
}

/** What the runs of a copied database still need. The copy is left as it was. */
async function namedIn(
  file: string,
): Promise<{ readonly needed: ReadonlySet<BlobHash>; readonly runs: number; readonly records: number }> {
  const store = await openSqliteStore({ file });
  try {
    return await neededIn(store);
  } finally {
    await store.close();
    for (const beside of ['.lock', '-wal', '-shm']) await rm(`${file}${beside}`, { force: true });
  }
}

async function neededIn(store: Store) {
  const needed = new Set<BlobHash>();
  const rows = await store.read(listRuns);
  let records = 0;
  for (const { run } of rows) {
    const row = await store.read((db) => runOf(db, run));
    if (row === null) continue;
    let state = newRun(signedContract.parse(JSON.parse(row.contract)).contract);
    for await (const record of store.records(run)) {
      state = apply(state, runRecord.parse({ type: record.type, ...(record.body as object) }));
      records += 1;
    }
    for (const hash of neededBlobs(state)) needed.add(hash);
  }
  return { needed, runs: rows.length, records };
}
