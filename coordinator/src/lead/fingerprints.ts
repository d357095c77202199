import { fingerprint } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import type { PublicKey } from '@consilium/shared/ids';

/**
 * Compares a key with the fingerprint that a person read out; case, blanks and hyphens do not matter.
 * @throws CSM-LEAD-FINGERPRINT
 */
export function demandFingerprint(what: string, key: PublicKey, given: string): void {
  const found = fingerprint(key);
  if (plain(given) !== plain(found)) fail('CSM-LEAD-FINGERPRINT', { what, found, given });
}

const plain = (text: string): string => text.toUpperCase().replaceAll(/[\s-]/g, '');
