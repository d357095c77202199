import { type Certificate, type Identity, issueCertificate } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import type { ConsortiumId } from '@consilium/shared/ids';
import { lastWord } from './last-word.js';
import type { ListedMember } from './member.js';

/** The certificate that ends a hospital's key, or the key that waits. @throws CSM-SITE-NO-KEY, CSM-KEY-CERTIFICATE */
export function revocationOf(
  lead: Identity,
  { consortium, member }: { readonly consortium: ConsortiumId; readonly member: ListedMember },
): Certificate {
  const { site } = member;
  const { held, revision } = lastWord(lead, { consortium, member });
  const publicKey = held?.revoked === false ? held.publicKey : member.pending?.publicKey;
  if (publicKey === undefined) fail('CSM-SITE-NO-KEY', { site });
  return issueCertificate(lead, { consortium, role: 'site', id: site, publicKey, revision, revoked: true });
}
