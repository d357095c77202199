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
export function verifyReport(
  { report, signature }: SignedReport,
  key: PublicKey,
  verify: (key: PublicKey, domain: string, bytes: Uint8Array, signature: string) => boolean,
): SiteReport {
  if (!verify(key, reportDomain, canonicalBytes(report), signature)) {
    fail('CSM-REPORT-SIGNATURE', { site: report.site });
  }
  return report;
}
