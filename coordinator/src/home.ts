import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createIdentity, type Identity, identityOf, openSecret, sealSecret } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';

const dataKeyBytes = 32;

/** What a coordinator keeps on its disk beside the store: its own keys, sealed under the operator's passphrase. */
export interface CoordinatorHome {
  readonly identity: Identity;
  /** Seals blobs and spools at rest. */
  readonly dataKey: Uint8Array;
  readonly storeFile: string;
  readonly blobFolder: string;
}

/** Where everything lies in a coordinator's folder. */
export const homeFiles = (folder: string) =>
  ({
    identityFile: join(folder, 'coordinator.key'),
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
  const { identityFile, dataKeyFile, storeFile, blobFolder } = homeFiles(folder);
  return {
    identity: identityOf(await keptSecret(identityFile, passphrase, () => createIdentity().secretKey)),
    dataKey: await keptSecret(dataKeyFile, passphrase, () => randomBytes(dataKeyBytes)),
    storeFile,
    blobFolder,
  };
}

async function keptSecret(file: string, passphrase: string, make: () => Uint8Array): Promise<Uint8Array> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    return fail('CSM-HOME-UNREADABLE', { file, reason: error.code ?? 'unknown' });
  });
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
