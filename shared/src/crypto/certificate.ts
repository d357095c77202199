import { z } from 'zod';
import { canonicalBytes } from '../canonical.js';
import { fail } from '../errors/index.js';
import { type ConsortiumId, consortiumId, type PublicKey, publicKey, signature } from '../ids.js';
import { type Identity, sign, verify } from './keys.js';

/** Signatures over certificates are made under this domain. */
export const certificateDomain = 'consilium-certificate-1';

/** The lead's word that a key belongs to a role. A higher revision replaces a lower one; a revoked one ends the key. */
export const certificateBody = z.strictObject({
  consortium: consortiumId,
  role: z.enum(['coordinator', 'site']),
  /** Site id, or `coordinator`. */
  id: z.string().min(1).max(63),
  publicKey,
  revision: z.int().min(1),
  revoked: z.boolean(),
});
export type CertificateBody = z.infer<typeof certificateBody>;

export const certificate = z.strictObject({ body: certificateBody, signature });
export type Certificate = z.infer<typeof certificate>;

/** Signs a certificate with the lead's key. */
export function issueCertificate(lead: Identity, body: CertificateBody): Certificate {
  const checked = certificateBody.parse(body);
  return { body: checked, signature: sign(lead, certificateDomain, canonicalBytes(checked)) };
}

/** What a certificate must say to be believed. Members left out are not asked for. */
export interface CertificateTerms {
  readonly lead: PublicKey;
  readonly consortium: ConsortiumId;
  readonly role: CertificateBody['role'];
  readonly id?: string;
  readonly publicKey?: PublicKey;
  readonly minimumRevision?: number;
}

/**
 * Checks a certificate of any origin and returns what it says.
 * @throws CSM-KEY-CERTIFICATE when it is malformed, not the lead's, or about something else
 * @throws CSM-KEY-REVOKED when the lead ended the key
 */
export function checkCertificate(value: unknown, terms: CertificateTerms): CertificateBody {
  const body = checkWord(value, terms);
  if (body.revoked) fail('CSM-KEY-REVOKED', { id: body.id });
  if (body.revision < (terms.minimumRevision ?? 1)) {
    fail('CSM-KEY-CERTIFICATE', { problem: `revision ${body.revision} was replaced by a newer one` });
  }
  return body;
}

/**
 * Checks that the lead once said this, of a key that counts or of one that it ended or replaced since.
 * @throws CSM-KEY-CERTIFICATE when it is malformed, not the lead's, or about something else
 */
export function checkWord(value: unknown, terms: Omit<CertificateTerms, 'minimumRevision'>): CertificateBody {
  const parsed = certificate.safeParse(value);
  if (!parsed.success) fail('CSM-KEY-CERTIFICATE', { problem: 'it is malformed' });
  const { body, signature: signed } = parsed.data;
  if (!verify(terms.lead, certificateDomain, canonicalBytes(body), signed)) {
    fail('CSM-KEY-CERTIFICATE', { problem: 'it is not signed by the lead' });
  }
  if (body.consortium !== terms.consortium) fail('CSM-KEY-CERTIFICATE', { problem: 'it is of another consortium' });
  if (body.role !== terms.role) fail('CSM-KEY-CERTIFICATE', { problem: `it is for a ${body.role}` });
  if (terms.id !== undefined && body.id !== terms.id) fail('CSM-KEY-CERTIFICATE', { problem: `it is for ${body.id}` });
  if (terms.publicKey !== undefined && body.publicKey !== terms.publicKey) {
    fail('CSM-KEY-CERTIFICATE', { problem: 'it is for another key' });
  }
  return body;
}
