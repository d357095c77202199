import { rm } from 'node:fs/promises';
import { createIdentity, type Identity, identityOf, openSecret, sealSecret } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import { type Disk, realDisk } from './disk.js';
import { readIfThere, readJsonIfThere, withDisk, writeWhole } from './files.js';
import type { SiteHome } from './home.js';

/** Whether this home has a key. @throws CSM-AGENT-DISK */
export const hasKey = async ({ key }: SiteHome): Promise<boolean> => (await readIfThere(key)) !== null;

/** Makes the site's key and seals it under the passphrase. What a former key had begun is gone. @throws CSM-AGENT-DISK */
export async function makeKey({ key, nextKey, keyChange }: SiteHome, passphrase: string): Promise<Identity> {
  const identity = createIdentity();
  for (const file of [nextKey, keyChange]) await withDisk(file, () => rm(file, { force: true }));
  await writeKey(key, identity, passphrase);
  return identity;
}

/** @throws CSM-KEY-PASSPHRASE, CSM-KEY-FORMAT, CSM-CLISITE-NOT-ENROLLED when there is none */
export const openKey = async (home: SiteHome, passphrase: string): Promise<Identity> =>
  (await openKeyIfThere(home.key, passphrase)) ?? fail('CSM-CLISITE-NOT-ENROLLED', { home: home.folder });

/** A key of a file; null where there is no such file. @throws CSM-KEY-PASSPHRASE, CSM-KEY-FORMAT, CSM-AGENT-DISK */
export async function openKeyIfThere(file: string, passphrase: string): Promise<Identity | null> {
  if ((await readIfThere(file)) === null) return null;
  return identityOf(await openSecret(await readJsonIfThere(file), passphrase, file));
}

/** @throws CSM-AGENT-DISK */
export const writeKey = async (
  file: string,
  identity: Identity,
  passphrase: string,
  disk: Disk = realDisk,
): Promise<void> => writeWhole(file, JSON.stringify(await sealSecret(identity.secretKey, passphrase)), disk);
