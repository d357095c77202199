import { fail } from '@consilium/shared/errors';

/**
 * Refuses what a page of somebody else made a browser send. Every browser that keeps `SameSite` cookies sends
 * `Sec-Fetch-Site`, or at least `Origin`, with each POST and each websocket; what carries neither is refused, too.
 * @param headers in lower case, as Node gives them
 * @param address of the coordinator, as people reach it
 * @throws CSM-API-ORIGIN
 */
export function checkOrigin(headers: Readonly<Record<string, unknown>>, address: string): void {
  const relation = headers['sec-fetch-site'];
  const { origin, host } = headers;
  const own =
    relation === undefined
      ? typeof origin === 'string' && (origin === originOf(address) || hostOf(origin) === host)
      : relation === 'same-origin';
  if (!own) fail('CSM-API-ORIGIN');
}

const originOf = (address: string): string | null => (URL.canParse(address) ? new URL(address).origin : null);
const hostOf = (origin: string): string | null => (URL.canParse(origin) ? new URL(origin).host : null);
