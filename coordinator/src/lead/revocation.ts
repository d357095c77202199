import { type Certificate, type Identity, issueCertificate } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import type { ConsortiumId } from '@consilium/shared/ids';
import type { ListedMember } from './member.js';

/** The certificate that ends a hospital's key, or the key that waits. @throws CSM-SITE-NO-KEY */
export function revocationOf(
  lead: Identity,
  { consortium, member }: { readonly consortium: ConsortiumId; readonly member: ListedMember },
): Certificate {
  const { site } = member;
  const held = member.certificate?.body;
  const publicKey = held?.revoked === false ? held.publicKey : member.pending?.publicKey;
  if (publicKey === undefined) fail('CSM-SITE-NO-KEY', { site });
  const revision = (held?.revision ?? 0) + 1;
  return issueCertificate(lead, { consortium, role: 'site', id: site, publicKey, revision, revoked: true });
}
