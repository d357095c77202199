import { type CertificateBody, checkWord, type Identity } from '@consilium/shared/crypto';
import type { ConsortiumId } from '@consilium/shared/ids';
import type { ListedMember } from './member.js';

/** What the lead last said of a hospital's key, and the revision of what it says next. */
export interface LastWord {
  readonly held: CertificateBody | null;
  readonly revision: number;
}

/**
 * Reads it from the coordinator's list. One that was broken into could invent a word and so use up the revisions: only what the lead
 * signed is counted.
 * @throws CSM-KEY-CERTIFICATE when the lead did not sign it, or of somebody else
 */
export function lastWord(
  lead: Identity,
  { consortium, member: { site, certificate } }: { readonly consortium: ConsortiumId; readonly member: ListedMember },
): LastWord {
  if (certificate === null) return { held: null, revision: 1 };
  const held = checkWord(certificate, { lead: lead.publicKey, consortium, role: 'site', id: site });
  return { held, revision: held.revision + 1 };
}
