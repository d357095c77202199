import { canonicalBytes } from '../canonical.js';
import { fail } from '../errors/index.js';
import type { PublicKey, Signature } from '../ids.js';
import { reportDomain, type SignedReport, type SiteReport } from './site-report.js';

/** Signs a report. The signature covers its canonical JSON under the report domain. */
export function signReport(report: SiteReport, sign: (domain: string, bytes: Uint8Array) => Signature): SignedReport {
  return { report, signature: sign(reportDomain, canonicalBytes(report)) };
}

/**
 * Checks a report against the site's key, and gives the report.
 * @throws CSM-REPORT-SIGNATURE
 */
export function verifyReport(signed: SignedReport, key: PublicKey, verify: Verify): SiteReport {
  if (!isSignedReport(signed, key, verify)) fail('CSM-REPORT-SIGNATURE', { site: signed.report.site });
  return signed.report;
}

/** Whether this key signed a report. */
export const isSignedReport = ({ report, signature }: SignedReport, key: PublicKey, verify: Verify): boolean =>
  verify(key, reportDomain, canonicalBytes(report), signature);

type Verify = (key: PublicKey, domain: string, bytes: Uint8Array, signature: string) => boolean;
