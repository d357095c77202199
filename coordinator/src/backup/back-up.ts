import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { signedContract } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import type { BlobHash } from '@consilium/shared/ids';
import { neededBlobs } from '../conduct/index.js';
import { homeFiles, textIfThere } from '../home/index.js';
import { apply, newRun, runRecord } from '../rounds/index.js';
import {
  hasCode,
  listRuns,
  nameCopy,
  openSqliteStore,
  pinBlobs,
  realDisk,
  runOf,
  type Store,
  snapshotDatabase,
  withSpace,
} from '../store/index.js';

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
 * @param to a folder that is not there yet; it has its name only once it is whole and on the disk
 * @param name of what is held meanwhile
 * @throws CSM-BACKUP-HOME, CSM-BACKUP-BLOBS, CSM-HOME-UNREADABLE, CSM-BLOB-NO-SPACE, CSM-STORE-*, CSM-CLI-EXISTS where one that was
 * cut off has left its part, CSM-CLI-FILE
 */
export async function backUp(home: string, to: string, name: string): Promise<BackedUp> {
  const from = homeFiles(home);
  const part = `${to}.part`;
  const into = homeFiles(part);
  const pinned = pinBlobs(from.blobFolder, name);
  await makePart(part);
  try {
    await access(from.storeFile).catch(() => fail('CSM-BACKUP-HOME', { home }));
    await pinned.pin();
    for (let look = 1; ; look++) {
      const keys = await withSpace(to, () => copyKeys(from, into, home));
      await snapshotDatabase(from.storeFile, into.storeFile);
      const held = await pinned.pin();
      const { needed, ...counts } = await namedIn(into.storeFile);
      const lacking = [...needed].filter((hash) => !held.has(hash));
      // The coordinator's key may have given way to the next one meanwhile.
      const sameKeys = isDeepStrictEqual(keys, await readKeys(from, home));
      if (lacking.length === 0 && sameKeys) {
        const bytes = await withSpace(to, () => pinned.copy(needed, into.blobFolder));
        await nameCopy(realDisk, part, to);
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

const makePart = (path: string) =>
  mkdir(path, { mode: 0o700 }).catch((thrown: NodeJS.ErrnoException) => {
    if (hasCode(thrown, 'EEXIST')) fail('CSM-CLI-EXISTS', { path });
    fail('CSM-CLI-FILE', { path, reason: thrown.code ?? 'unknown' }, { cause: thrown });
  });

type Files = ReturnType<typeof homeFiles>;

/** The key files as they lie there, by where they lie; the next key mostly does not. */
async function readKeys(from: Files, home: string): Promise<Readonly<Record<KeyFile, string | null>>> {
  const identityFile = (await textIfThere(from.identityFile)) ?? fail('CSM-BACKUP-HOME', { home });
  const dataKeyFile = (await textIfThere(from.dataKeyFile)) ?? fail('CSM-BACKUP-HOME', { home });
  return { identityFile, dataKeyFile, nextIdentityFile: await textIfThere(from.nextIdentityFile) };
}
type KeyFile = 'identityFile' | 'dataKeyFile' | 'nextIdentityFile';

async function copyKeys(from: Files, into: Files, home: string): Promise<Awaited<ReturnType<typeof readKeys>>> {
  const keys = await readKeys(from, home);
  for (const name of ['identityFile', 'dataKeyFile', 'nextIdentityFile'] as const) {
    const text = keys[name];
    if (text === null) await rm(into[name], { force: true });
    else await writeFile(into[name], text, { mode: 0o600 });
  }
  return keys;
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
