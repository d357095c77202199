import {
  type Certificate,
  checkLeadProof,
  codeSecret,
  enrolmentKeys,
  type Identity,
  issueCertificate,
} from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import type { ConsortiumId } from '@consilium/shared/ids';
import { demandFingerprint } from './fingerprints.js';
import type { ListedMember } from './member.js';

/**
 * The certificate that lets a hospital in.
 * @param given the fingerprint that the hospital read out
 * @throws CSM-SITE-NOT-PENDING, CSM-LEAD-CODE, CSM-LEAD-PROOF, CSM-LEAD-FINGERPRINT
 */
export function approvalOf(
  lead: Identity,
  {
    consortium,
    member,
    given,
  }: { readonly consortium: ConsortiumId; readonly member: ListedMember; readonly given: string },
): Certificate {
  const { site, pending } = member;
  if (pending === null) fail('CSM-SITE-NOT-PENDING', { site });
  const { publicKey, invitation, nonce, leadProof } = pending;
  if (nonce === null) fail('CSM-LEAD-CODE', { site });
  const code = enrolmentKeys(codeSecret(lead, { consortium, site, nonce }));
  if (code.invitation !== invitation) fail('CSM-LEAD-CODE', { site });
  // The coordinator never had the lead's part of the code: it cannot slip in a key of its own here.
  const claim = { consortium, site, publicKey, invitation };
  if (!checkLeadProof(code.leadKey, claim, leadProof)) fail('CSM-LEAD-PROOF', { site });
  demandFingerprint(site, publicKey, given);
  const revision = (member.certificate?.body.revision ?? 0) + 1;
  return issueCertificate(lead, { consortium, role: 'site', id: site, publicKey, revision, revoked: false });
}
