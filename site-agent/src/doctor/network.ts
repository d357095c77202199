import { asCoded, type CodedError, coded } from '@consilium/shared/errors';
import { printable } from '@consilium/shared/terminal';
import type { Route } from '../connection/index.js';
import { type Finding, fault, fine, warning } from './finding.js';
import type { Reply } from './reply.js';
import { day, inWords } from './units.js';

/** A server's certificate that ends sooner is spoken of. */
const soonMs = 14 * 86_400_000;

/** Whether the coordinator's address answers, over which way, and who vouches for it. */
export function examineNetwork({ url, proxy }: Route, answered: Reply | CodedError, now: Date): Finding {
  const way = proxy === null ? 'directly' : `through the proxy ${proxy}`;
  const facts = { address: url, proxy };
  if (answered instanceof Error) return fault('Network', asCoded(answered), { facts });
  const { status, tookMs, version, certificate } = answered;
  const all = {
    facts: {
      ...facts,
      status,
      tookMs: Math.round(tookMs),
      version,
      issuer: certificate?.issuer ?? null,
      certificateNotAfter: certificate?.notAfter.toISOString() ?? null,
    },
  };
  if (version === null) {
    return warning('Network', coded('CSM-CLI-ANSWER', { address: url, problem: `it says HTTP ${status}` }), all);
  }
  if (status !== 200) {
    return warning('Network', coded('CSM-DOCTOR-COORDINATOR', { address: url, status }), all);
  }
  if (certificate !== null && certificate.notAfter.getTime() - now.getTime() < soonMs) {
    return warning('Network', coded('CSM-DOCTOR-TLS-END', { address: url, notAfter: day(certificate.notAfter) }), all);
  }
  const vouched =
    certificate === null
      ? 'plain HTTP, on this machine alone'
      : `certificate of ${printable(certificate.issuer)} until ${day(certificate.notAfter)}`;
  return fine('Network', `${url} answers ${way} in ${Math.round(tookMs)} ms; ${vouched}`, all);
}

/** Beyond the first, reports and codes carry dates that confuse; beyond the second, what counts until a date ends amiss. */
const toleranceMs = 60_000;
const graveMs = 3_600_000;

/** This machine's clock beside the coordinator's. Null where nothing can be said. */
export function examineClock(answered: Reply | CodedError, now: Date): Finding | null {
  if (answered instanceof Error) {
    const reason = String(asCoded(answered).details.reason ?? '');
    if (!/CERT_(?:HAS_EXPIRED|NOT_YET_VALID)/.test(reason)) return null;
    return warning('Clock', coded('CSM-DOCTOR-CLOCK-UNSURE', { time: now.toISOString(), reason }));
  }
  const { date, receivedAt, tookMs } = answered;
  if (date === null) return null;
  // The header names a second that had begun when the reply was on its way.
  const aheadMs = receivedAt.getTime() - tookMs / 2 - (date.getTime() + 500);
  const off = Math.abs(aheadMs);
  const facts = { aheadMs: Math.round(aheadMs), toleranceMs };
  if (off <= toleranceMs) {
    return fine('Clock', `within ${off < 2000 ? '2 s' : inWords(off)} of the coordinator's`, { facts });
  }
  const way = aheadMs > 0 ? 'ahead of' : 'behind';
  const error = coded('CSM-DOCTOR-CLOCK', { off: inWords(off), way, tolerance: inWords(toleranceMs) });
  return off > graveMs ? fault('Clock', error, { facts }) : warning('Clock', error, { facts });
}
