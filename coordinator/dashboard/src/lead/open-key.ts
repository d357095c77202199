import { type Identity, identityOf, openSecret } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import { holdKey } from './key.js';

/** A sealed key has a few hundred bytes; anything much larger is another file. */
const maxFileBytes = 2 ** 16;

/**
 * Opens the key from its file.
 * @param lead public key of the consortium's lead
 * @throws CSM-KEY-FORMAT, CSM-KEY-PASSPHRASE, CSM-LEAD-OTHER
 */
export async function openKey(file: File, passphrase: string, lead: string): Promise<Identity> {
  const sealed = file.size > maxFileBytes ? null : parse(await file.text());
  const identity = identityOf(await openSecret(sealed, passphrase));
  if (identity.publicKey !== lead) fail('CSM-LEAD-OTHER', { file: file.name });
  holdKey(identity);
  return identity;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
