import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CoordinatorOptions } from '@consilium/coordinator/coordinator';
import { createIdentity, sealSecret } from '@consilium/shared/crypto';

/** The least that an envelope may cost: a coordinator that is started a hundred times spends its time on what is tested. */
const cost = 2 ** 10;

/** Makes a coordinator's keys before its first start, as it would, but quick to open. */
export async function weakKeys({ home, passphrase }: Pick<CoordinatorOptions, 'home' | 'passphrase'>): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  for (const [name, secret] of [
    ['coordinator.key', createIdentity().secretKey],
    ['data.key', randomBytes(32)],
  ] as const) {
    await writeFile(join(home, name), JSON.stringify(await sealSecret(secret, passphrase, { cost })), { mode: 0o600 });
  }
}
