import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createIdentity,
  type Identity,
  identityOf,
  openSecret,
  sealSecret,
  secretReader,
} from '@consilium/shared/crypto';
import { coded, fail } from '@consilium/shared/errors';
import { type Disk, realDisk } from '../store/disk.js';

const dataKeyBytes = 32;

/** What changes the keys' files. A test may hand in one that fails. */
type KeyDisk = Pick<Disk, 'open' | 'rename' | 'rm'>;

/** What a coordinator keeps on its disk beside the store: its own keys, sealed under the operator's passphrase. */
export interface CoordinatorHome {
  readonly identity: Identity;
  /**
   * The key that `coordinator rekey` made to come next; null while there is none.
   * @throws CSM-KEY-PASSPHRASE, CSM-KEY-FORMAT, CSM-HOME-UNREADABLE
   */
  nextIdentity(): Promise<Identity | null>;
  /** Puts a key that was next into the place of the present one, which is gone from the disk when this resolves. @throws CSM-HOME-UNWRITABLE */
  succeed(next: Identity): Promise<void>;
  /** Seals blobs and spools at rest. */
  readonly dataKey: Uint8Array;
  readonly storeFile: string;
  readonly blobFolder: string;
}

/** Where everything lies in a coordinator's folder. */
export const homeFiles = (folder: string) =>
  ({
    identityFile: join(folder, 'coordinator.key'),
    nextIdentityFile: join(folder, 'coordinator.key.next'),
    dataKeyFile: join(folder, 'data.key'),
    storeFile: join(folder, 'consilium.sqlite'),
    blobFolder: join(folder, 'blobs'),
  }) as const;

/**
 * Opens a coordinator's folder (0700) and makes keys (0600) at the first start.
 * @throws CSM-KEY-PASSPHRASE, CSM-KEY-FORMAT, CSM-HOME-UNREADABLE, CSM-HOME-UNWRITABLE
 */
export async function openCoordinatorHome(
  folder: string,
  passphrase: string,
  disk: KeyDisk = realDisk,
): Promise<CoordinatorHome> {
  await writing(folder, async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
  });
  const { identityFile, nextIdentityFile, dataKeyFile, storeFile, blobFolder } = homeFiles(folder);
  // Anybody may ask for it.
  const openNext = secretReader(passphrase, nextIdentityFile);
  const nextIdentity = async (): Promise<Identity | null> => {
    const text = await textIfThere(nextIdentityFile);
    return text === null ? null : identityOf(await openNext(text));
  };
  return {
    identity: identityOf(await keptSecret(identityFile, passphrase, newSecretKey, disk)),
    nextIdentity,
    async succeed(next) {
      // Another key may lie there since.
      const isThere = (await nextIdentity().catch(() => null))?.publicKey === next.publicKey;
      if (!isThere) return writeSecret(identityFile, next.secretKey, passphrase, disk);
      await writing(identityFile, () => disk.rename(nextIdentityFile, identityFile));
    },
    dataKey: await keptSecret(dataKeyFile, passphrase, () => randomBytes(dataKeyBytes), disk),
    storeFile,
    blobFolder,
  };
}

/**
 * Makes the key that is to follow the present one, or opens it where it was made before. Both take the same passphrase.
 * @throws CSM-BACKUP-HOME where there is no present one, CSM-KEY-PASSPHRASE, CSM-HOME-UNREADABLE, CSM-HOME-UNWRITABLE
 */
export async function makeNextKey(folder: string, passphrase: string, disk: KeyDisk = realDisk): Promise<Identity> {
  const { identityFile, nextIdentityFile } = homeFiles(folder);
  const present = (await textIfThere(identityFile)) ?? fail('CSM-BACKUP-HOME', { home: folder });
  await openSecret(parse(present), passphrase, identityFile);
  return identityOf(await keptSecret(nextIdentityFile, passphrase, newSecretKey, disk));
}

const newSecretKey = (): Uint8Array => createIdentity().secretKey;

/** A key file as it lies there; null where there is none. @throws CSM-HOME-UNREADABLE */
export const textIfThere = (file: string): Promise<string | null> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    return fail('CSM-HOME-UNREADABLE', { file, reason: error.code ?? 'unknown' });
  });

async function keptSecret(
  file: string,
  passphrase: string,
  make: () => Uint8Array,
  disk: KeyDisk,
): Promise<Uint8Array> {
  const text = await textIfThere(file);
  if (text !== null) return openSecret(parse(text), passphrase, file);
  const secret = make();
  await writeSecret(file, secret, passphrase, disk);
  return secret;
}

/** Writes a sealed secret (0600) whole or not at all. @throws CSM-HOME-UNWRITABLE */
async function writeSecret(file: string, secret: Uint8Array, passphrase: string, disk: KeyDisk): Promise<void> {
  const sealed = JSON.stringify(await sealSecret(secret, passphrase));
  const part = `${file}.${randomBytes(4).toString('hex')}.part`;
  await writing(file, async () => {
    try {
      const handle = await disk.open(part, 'w', 0o600);
      try {
        await handle.writeFile(sealed);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await disk.rename(part, file);
    } catch (thrown) {
      await disk.rm(part, { force: true }).catch(() => {});
      throw thrown;
    }
  });
}

/** A fault of the disk becomes a coded error that names the file. @throws CSM-HOME-UNWRITABLE */
async function writing(file: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    if (!(thrown instanceof Error && 'syscall' in thrown && 'code' in thrown)) throw thrown;
    throw coded('CSM-HOME-UNWRITABLE', { file, reason: String(thrown.code) }, { cause: thrown });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
