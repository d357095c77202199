import { createIdentity, type Identity, identityOf, openSecret, sealSecret } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import { readIfThere, readJsonIfThere, writeWhole } from './files.js';
import type { SiteHome } from './home.js';

/** Whether this home has a key. @throws CSM-AGENT-DISK */
export const hasKey = async ({ key }: SiteHome): Promise<boolean> => (await readIfThere(key)) !== null;

/** Makes the site's key and seals it under the passphrase. @throws CSM-AGENT-DISK */
export async function makeKey({ key }: SiteHome, passphrase: string): Promise<Identity> {
  const identity = createIdentity();
  await writeWhole(key, JSON.stringify(await sealSecret(identity.secretKey, passphrase)));
  return identity;
}

/** @throws CSM-KEY-PASSPHRASE, CSM-KEY-FORMAT, CSM-CLISITE-NOT-ENROLLED when there is none */
export async function openKey(home: SiteHome, passphrase: string): Promise<Identity> {
  if (!(await hasKey(home))) fail('CSM-CLISITE-NOT-ENROLLED', { home: home.folder });
  return identityOf(await openSecret(await readJsonIfThere(home.key), passphrase, home.key));
}
