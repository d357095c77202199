import { type Certificate, certificate, checkCertificate } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import { consortiumId, type PublicKey, publicKey, siteId } from '@consilium/shared/ids';
import { z } from 'zod';
import { readIfThere, readJsonIfThere, writeWhole } from './files.js';
import type { SiteHome } from './home.js';

/** Whom this site believes: pinned from the one-time code, for good. */
export const enrolment = z.strictObject({
  address: z.url(),
  lead: publicKey,
  consortium: consortiumId,
  site: siteId,
});
export type Enrolment = z.infer<typeof enrolment>;

const standing = z.strictObject({
  /** The lead's word on this site's key; null until it is approved. */
  certificate: certificate.nullable(),
  /** An older certificate of the coordinator is not believed again. */
  coordinatorRevision: z.int().min(1),
});
export type Standing = z.infer<typeof standing>;

/** The enrolment of a home; null when there is none. @throws CSM-KEY-FORMAT, CSM-AGENT-DISK */
export async function readEnrolment(home: SiteHome): Promise<Enrolment | null> {
  if ((await readIfThere(home.enrolment)) === null) return null;
  const parsed = enrolment.safeParse(await readJsonIfThere(home.enrolment));
  return parsed.success ? parsed.data : fail('CSM-KEY-FORMAT', { what: home.enrolment });
}

export const writeEnrolment = (home: SiteHome, value: Enrolment): Promise<void> =>
  writeWhole(home.enrolment, JSON.stringify(value, null, 2));

/** What was known at the last connection; a damaged file is as good as none. @throws CSM-AGENT-DISK */
export async function readStanding(home: SiteHome): Promise<Standing | null> {
  const parsed = standing.safeParse(await readJsonIfThere(home.standing));
  return parsed.success ? parsed.data : null;
}

/**
 * Keeps what a welcome said, if the certificate is really the lead's and about this key.
 * @throws CSM-KEY-CERTIFICATE, CSM-KEY-REVOKED, CSM-AGENT-DISK
 */
export async function keepStanding(
  home: SiteHome,
  trust: Enrolment & { readonly publicKey: PublicKey },
  news: { readonly certificate: Certificate | null; readonly coordinatorRevision: number },
): Promise<void> {
  if (news.certificate !== null) {
    const { lead, consortium, site, publicKey: own } = trust;
    checkCertificate(news.certificate, { lead, consortium, role: 'site', id: site, publicKey: own });
  }
  await writeWhole(home.standing, JSON.stringify(news, null, 2));
}
