import { sha256 } from '@consilium/shared/canonical';
import { fail } from '@consilium/shared/errors';
import { openAttempts } from './attempts.js';
import type { Caller } from './bind.js';
import { checkPassword, hashPassword } from './passwords.js';
import type { ApiRecords } from './stored.js';

export const sessionMs = 12 * 3_600_000;
const setupMs = 24 * 3_600_000;
const tokenBytes = 32;
/** Stands in where no such user exists, so that a wrong name costs the same time as a wrong password. */
const nobody = 'scrypt:65536:8:1:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

export interface PageUsersOptions {
  readonly records: ApiRecords;
  readonly now: () => Date;
  readonly random: (bytes: number) => Uint8Array;
}

/** The people who may look at the page: one-time set-up tokens, passwords and sessions. They can change nothing. */
export interface PageUsers {
  /** A new one-time token; it ends after a day or with the process. */
  setupToken(): string;
  any(): Promise<boolean>;
  /** Makes a user and signs in. @throws CSM-API-SETUP, CSM-API-BODY, CSM-API-TOO-OFTEN */
  setUp(attempt: SignIn & { readonly token: string }): Promise<string>;
  /** @returns the session's token. @throws CSM-API-SIGN-IN, CSM-API-TOO-OFTEN */
  signIn(attempt: SignIn): Promise<string>;
  signOut(token: string): Promise<void>;
  /** Who holds this session token now. */
  caller(token: string | undefined): Promise<Caller>;
}

export interface SignIn {
  readonly name: string;
  readonly password: string;
  /** The calling machine. */
  readonly from: string;
}

export function openPageUsers({ records, now, random }: PageUsersOptions): PageUsers {
  const setups = new Map<string, Date>();
  const attempts = openAttempts(now);
  const ended = new Set<string>();
  const newToken = () => Buffer.from(random(tokenBytes)).toString('base64url');
  const hashOf = (token: string): string => sha256(Buffer.from(token, 'utf8'));

  async function begin(user: string): Promise<string> {
    const token = newToken();
    await records.sessions.add(hashOf(token), { user, expires: new Date(now().getTime() + sessionMs) });
    return token;
  }

  return {
    setupToken() {
      const token = newToken();
      setups.set(hashOf(token), new Date(now().getTime() + setupMs));
      return token;
    },
    any: async () => (await records.users.count()) > 0,
    async setUp({ token, name, password, from }) {
      attempts.take(`from ${from}`);
      const hash = hashOf(token);
      const until = setups.get(hash);
      if (until === undefined || until < now()) fail('CSM-API-SETUP');
      // Taken before the slow hash, so that two calls cannot both use it; given back if the name is refused.
      setups.delete(hash);
      const added = await records.users.add({ name, password: await hashPassword(password, random) });
      if (!added) {
        setups.set(hash, until);
        fail('CSM-API-BODY', { path: 'body.name', problem: 'this name is taken' });
      }
      attempts.clear(`from ${from}`);
      return begin(name);
    },
    async signIn({ name, password, from }) {
      attempts.take(`from ${from}`);
      attempts.take(`user ${name}`);
      const user = await records.users.find(name);
      const good = await checkPassword(password, user?.password ?? nobody);
      if (user === null || !good) fail('CSM-API-SIGN-IN');
      attempts.clear(`from ${from}`);
      attempts.clear(`user ${name}`);
      return begin(user.name);
    },
    async signOut(token) {
      ended.add(hashOf(token));
      await records.sessions.remove(hashOf(token));
    },
    async caller(token) {
      const hash = token === undefined ? null : hashOf(token);
      const session = hash === null ? null : await records.sessions.find(hash);
      if (hash === null || session === null || session.expires < now()) return { kind: 'nobody' };
      return { kind: 'user', name: session.user, live: () => session.expires >= now() && !ended.has(hash) };
    },
  };
}
