import { z } from 'zod';
import { consortiumId, publicKey, signature } from '../ids.js';

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
