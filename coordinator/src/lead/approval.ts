import {
  type Certificate,
  checkCertificate,
  checkKeyChange,
  checkLeadProof,
  codeSecret,
  enrolmentKeys,
  type Identity,
  issueCertificate,
} from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import type { ConsortiumId } from '@consilium/shared/ids';
import { demandFingerprint } from './fingerprints.js';
import { lastWord } from './last-word.js';
import type { ListedKey, ListedMember } from './member.js';

/**
 * The certificate that lets a hospital in, or its next key in the place of the one before.
 * @param given the fingerprint that the hospital read out
 * @throws CSM-SITE-NOT-PENDING, CSM-LEAD-CODE, CSM-LEAD-PROOF, CSM-LEAD-FINGERPRINT, CSM-KEY-CHANGE, CSM-KEY-CERTIFICATE
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
  if ('change' in pending) demandChange(lead, consortium, member, pending);
  else demandCode(lead, consortium, member, pending);
  const { publicKey } = pending;
  demandFingerprint(site, publicKey, given);
  const { revision } = lastWord(lead, { consortium, member });
  return issueCertificate(lead, { consortium, role: 'site', id: site, publicKey, revision, revoked: false });
}

type Enrolled = Extract<ListedKey, { readonly leadProof: string }>;
type Changed = Extract<ListedKey, { readonly change: unknown }>;

/** The coordinator never had the lead's part of the code: it cannot slip in a key of its own here. */
function demandCode(
  lead: Identity,
  consortium: ConsortiumId,
  { site }: ListedMember,
  { publicKey, invitation, nonce, leadProof }: Enrolled,
): void {
  if (nonce === null) fail('CSM-LEAD-CODE', { site });
  const code = enrolmentKeys(codeSecret(lead, { consortium, site, nonce }));
  if (code.invitation !== invitation) fail('CSM-LEAD-CODE', { site });
  const claim = { consortium, site, publicKey, invitation };
  if (!checkLeadProof(code.leadKey, claim, leadProof)) fail('CSM-LEAD-PROOF', { site });
}

/** Nor here: the key that the lead certified itself has signed for the next one. */
function demandChange(
  lead: Identity,
  consortium: ConsortiumId,
  { site, certificate }: ListedMember,
  { publicKey, change }: Changed,
): void {
  const terms = { lead: lead.publicKey, consortium, role: 'site', id: site } as const;
  const { publicKey: from } = checkCertificate(certificate, terms);
  checkKeyChange(change, { consortium, role: 'site', id: site, from });
  if (change.body.to !== publicKey) fail('CSM-KEY-CHANGE', { id: site, problem: 'it is for another key' });
}
