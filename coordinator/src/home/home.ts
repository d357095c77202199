import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createIdentity, type Identity, identityOf, openSecret, sealSecret } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';

const dataKeyBytes = 32;

/** What a coordinator keeps on its disk beside the store: its own keys, sealed under the operator's passphrase. */
export interface CoordinatorHome {
  readonly identity: Identity;
  /** The key that `coordinator rekey` made to come next; null while there is none. */
  nextIdentity(): Promise<Identity | null>;
  /** Puts the next key into the place of the present one, which is gone from the disk when this resolves. */
  succeed(): Promise<void>;
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
 * @throws CSM-KEY-PASSPHRASE, CSM-KEY-FORMAT, CSM-HOME-UNREADABLE
 */
export async function openCoordinatorHome(folder: string, passphrase: string): Promise<CoordinatorHome> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const { identityFile, nextIdentityFile, dataKeyFile, storeFile, blobFolder } = homeFiles(folder);
  // Anybody may ask for it; opening an envelope is dear.
  let opened: { readonly text: string; readonly identity: Identity } | null = null;
  return {
    identity: identityOf(await keptSecret(identityFile, passphrase, newSecretKey)),
    async nextIdentity() {
      const text = await textIfThere(nextIdentityFile);
      if (text === null) return null;
      if (opened?.text !== text) {
        opened = { text, identity: identityOf(await openSecret(parse(text), passphrase, nextIdentityFile)) };
      }
      return opened.identity;
    },
    succeed: () => rename(nextIdentityFile, identityFile),
    dataKey: await keptSecret(dataKeyFile, passphrase, () => randomBytes(dataKeyBytes)),
    storeFile,
    blobFolder,
  };
}

/**
 * Makes the key that is to follow the present one, or opens it where it was made before. Both take the same passphrase.
 * @throws CSM-BACKUP-HOME where there is no present one, CSM-KEY-PASSPHRASE, CSM-HOME-UNREADABLE
 */
export async function makeNextKey(folder: string, passphrase: string): Promise<Identity> {
  const { identityFile, nextIdentityFile } = homeFiles(folder);
  const present = (await textIfThere(identityFile)) ?? fail('CSM-BACKUP-HOME', { home: folder });
  await openSecret(parse(present), passphrase, identityFile);
  return identityOf(await keptSecret(nextIdentityFile, passphrase, newSecretKey));
}

const newSecretKey = (): Uint8Array => createIdentity().secretKey;

const textIfThere = (file: string): Promise<string | null> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    return fail('CSM-HOME-UNREADABLE', { file, reason: error.code ?? 'unknown' });
  });

async function keptSecret(file: string, passphrase: string, make: () => Uint8Array): Promise<Uint8Array> {
  const text = await textIfThere(file);
  if (text !== null) return openSecret(parse(text), passphrase, file);
  const secret = make();
  const temporary = `${file}.new`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(JSON.stringify(await sealSecret(secret, passphrase)));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  return secret;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
