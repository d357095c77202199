import { fingerprint } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import type { PublicKey } from '@consilium/shared/ids';

/**
 * Compares a key with the fingerprint that a person read out; case, blanks and hyphens do not matter.
 * @throws CSM-LEAD-FINGERPRINT
 */
export function demandFingerprint(what: string, key: PublicKey, given: string): void {
  if (!isFingerprint(key, given)) fail('CSM-LEAD-FINGERPRINT', { what, found: fingerprint(key), given });
}

/** Whether this is what a person read out. */
export const isFingerprint = (key: PublicKey, given: string): boolean => plain(given) === plain(fingerprint(key));

const plain = (text: string): string => text.toUpperCase().replaceAll(/[\s-]/g, '');
