import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { fail } from '@consilium/shared/errors';
import { isLoopback } from '../loopback.js';

/** What a proxy adds to what it passes on. */
const proxyHeaders = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'] as const;

/**
 * Lets a monitoring system in: by the operator's token, or where there is none, a program on this very machine that
 * came directly and under a name of this machine. A browser there may be made to call, but not under such a name.
 * @param remote address at the other end of the socket; what a proxy says of it does not count
 * @throws CSM-API-MONITOR
 */
export function checkMonitor(
  headers: IncomingHttpHeaders,
  remote: string | undefined,
  terms: { readonly metricsToken: string | null; readonly behindProxy: boolean },
): void {
  const { metricsToken, behindProxy } = terms;
  const allowed =
    metricsToken === null
      ? !behindProxy && isLocal(remote) && isDirect(headers)
      : isSame(/^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '', metricsToken);
  if (!allowed) fail('CSM-API-MONITOR');
}

/** Takes the same time wherever the two differ, and whatever their lengths. */
const isSame = (given: string, wanted: string): boolean => timingSafeEqual(digest(given), digest(wanted));
const digest = (text: string): Uint8Array => createHash('sha256').update(text).digest();

const isLocal = (remote: string | undefined): boolean =>
  remote !== undefined && isLoopback(remote.replace(/^::ffff:/i, ''));

function isDirect(headers: IncomingHttpHeaders): boolean {
  const host = headers.host ?? '';
  const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '') : '';
  return isLoopback(name) && proxyHeaders.every((header) => headers[header] === undefined);
}
