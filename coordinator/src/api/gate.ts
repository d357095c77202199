import { fail } from '@consilium/shared/errors';
import type { Request } from 'express';
import { isSigned, readCall } from '../lead/index.js';
import { cookieName, readCookie } from './cookie.js';
import { checkMonitor } from './monitor.js';
import type { ApiOptions } from './options.js';
import { checkOrigin } from './origin.js';
import type { PageUsers } from './page-users.js';
import type { Caller, Sight } from './role.js';
import type { Access } from './shape.js';

/** What the gate let in: the caller, once the body is there and is the one that was signed. */
export interface Passage {
  readonly cookie: string | undefined;
  /** @throws CSM-API-SIGNATURE */
  caller(body: Uint8Array): Promise<Caller>;
}

/**
 * Decides by its head alone whether a call may come in, before its body is read.
 * @throws CSM-API-CALLER, CSM-API-CLOCK, CSM-API-SIGNATURE, CSM-API-REPLAYED, CSM-API-MONITOR, CSM-API-ORIGIN, CSM-API-ROLE,
 * CSM-API-SIGNED-OUT
 */
export async function pass(
  request: Request,
  access: Access,
  { settings, records, now }: ApiOptions,
  users: PageUsers,
): Promise<Passage> {
  const cookie = readCookie(request.headers.cookie, cookieName(settings.secure));
  if (access === 'monitor') {
    checkMonitor(request.headers, request.socket.remoteAddress, settings);
    return { cookie, caller: async () => ({ kind: 'nobody' }) };
  }
  if (access === 'lead' || (access !== 'open' && isSigned(request.headers))) {
    const { consortium, lead } = settings;
    const terms = { method: request.method, path: request.originalUrl, consortium, lead, now: now() };
    const call = readCall(request.headers, terms);
    if (!(await records.nonces.use(call.nonce, call.expires, now()))) fail('CSM-API-REPLAYED');
    return {
      cookie,
      async caller(body) {
        call.check(body);
        return { kind: 'lead' };
      },
    };
  }
  // A browser adds its cookie to whatever a page makes it send; what changes something must come from our own page.
  if (request.method !== 'GET') checkOrigin(request.headers, settings.address());
  if (access === 'open') return { cookie, caller: async () => ({ kind: 'nobody' }) };
  const caller = await users.caller(cookie);
  if (caller.kind !== 'user') fail('CSM-API-SIGNED-OUT');
  if (!admits(access, caller.sight, request.params.site)) fail('CSM-API-ROLE', { needs: needs[access] });
  return { cookie, caller: async () => caller };
}

const needs = { overseer: 'lead', member: 'lead, or site for this very site', reader: 'any' } as const;

/** Whether a session may make a call. @param site what the path says, if it names one */
function admits(access: 'overseer' | 'member' | 'reader', sight: Sight, site: unknown): boolean {
  if (sight.role === 'lead') return true;
  switch (access) {
    case 'overseer':
      return false;
    case 'member':
      return sight.role === 'site' && (site === undefined || site === sight.site);
    case 'reader':
      return true;
    default:
      return access satisfies never;
  }
}
