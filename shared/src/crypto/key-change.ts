import { z } from 'zod';
import { canonicalBytes } from '../canonical.js';
import { fail } from '../errors/index.js';
import { type ConsortiumId, consortiumId, type PublicKey, publicKey, signature } from '../ids.js';
import { type CertificateBody, certificateBody } from './certificate.js';
import { type Identity, sign, verify } from './keys.js';

/** Both signatures under a key change are made under this domain. */
export const keyChangeDomain = 'consilium-key-change-1';

const keyChangeBody = z.strictObject({
  consortium: consortiumId,
  role: certificateBody.shape.role,
  id: certificateBody.shape.id,
  from: publicKey,
  to: publicKey,
});

/** One key's word that another one takes its place, and that one's that it does. The lead's certificate makes it count. */
export const keyChange = z.strictObject({
  body: keyChangeBody,
  signatures: z.strictObject({ from: signature, to: signature }),
});
export type KeyChange = z.infer<typeof keyChange>;

/** Has both keys sign that the second follows the first. */
export function makeKeyChange(
  from: Identity,
  to: Identity,
  holder: Pick<CertificateBody, 'consortium' | 'role' | 'id'>,
): KeyChange {
  const { consortium, role, id } = holder;
  const body = keyChangeBody.parse({ consortium, role, id, from: from.publicKey, to: to.publicKey });
  const bytes = canonicalBytes(body);
  return { body, signatures: { from: sign(from, keyChangeDomain, bytes), to: sign(to, keyChangeDomain, bytes) } };
}

/** Whether both keys signed it. */
export function isSignedChange({ body, signatures }: KeyChange): boolean {
  const bytes = canonicalBytes(body);
  return (
    body.from !== body.to &&
    verify(body.from, keyChangeDomain, bytes, signatures.from) &&
    verify(body.to, keyChangeDomain, bytes, signatures.to)
  );
}

/** What a key change must say to be believed. */
export interface KeyChangeTerms {
  readonly consortium: ConsortiumId;
  readonly role: CertificateBody['role'];
  readonly id: string;
  /** The key that counts now. */
  readonly from: PublicKey;
}

/**
 * Checks that both keys signed a change, and that it leads on from the key that counts now.
 * @throws CSM-KEY-CHANGE
 */
export function checkKeyChange(change: KeyChange, { consortium, role, id, from }: KeyChangeTerms): void {
  const { body } = change;
  const refuse = (problem: string): never => fail('CSM-KEY-CHANGE', { id, problem });
  if (body.consortium !== consortium || body.role !== role || body.id !== id) refuse('it is of somebody else');
  if (body.from !== from) refuse('it does not begin with the key that counts now');
  if (!isSignedChange(change)) refuse('it is not signed by both keys');
}
