import { fail } from '@consilium/shared/errors';
import type { Request } from 'express';
import type { Caller } from './bind.js';
import type { ApiOptions } from './options.js';
import type { PageUsers } from './page-users.js';
import { cookieName } from './routes/index.js';
import type { Access } from './shape.js';
import { isSigned, readCall } from './signed-call.js';

/** What the gate let in: the caller, once the body is there to check its signature. */
export interface Passage {
  readonly cookie: string | undefined;
  /** @throws CSM-API-SIGNATURE, CSM-API-REPLAYED */
  caller(body: Uint8Array): Promise<Caller>;
}

/**
 * Decides by its head alone whether a call may come in, before its body is read.
 * @throws CSM-API-CALLER, CSM-API-CLOCK, CSM-API-SIGNED-OUT
 */
export async function pass(
  request: Request,
  access: Access,
  { settings, records, now }: ApiOptions,
  users: PageUsers,
): Promise<Passage> {
  const cookie = readCookie(request.headers.cookie, cookieName(settings.secure));
  if (access === 'open') return { cookie, caller: async () => ({ kind: 'nobody' }) };
  if (access === 'lead' || isSigned(request.headers)) {
    const { consortium, lead } = settings;
    const terms = { method: request.method, path: request.originalUrl, consortium, lead, now: now() };
    const call = readCall(request.headers, terms);
    return {
      cookie,
      async caller(body) {
        call.check(body);
        if (!(await records.nonces.use(call.nonce, call.expires, now()))) fail('CSM-API-REPLAYED');
        return { kind: 'lead' };
      },
    };
  }
  const caller = await users.caller(cookie);
  if (caller.kind === 'nobody') fail('CSM-API-SIGNED-OUT');
  return { cookie, caller: async () => caller };
}

function readCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name && value !== undefined && /^[A-Za-z0-9_-]{43}$/.test(value)) return value;
  }
  return undefined;
}
