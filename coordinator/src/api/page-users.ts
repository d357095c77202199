import { fail } from '@consilium/shared/errors';
import { openAttempts, openLocks } from './attempts.js';
import { checkPassword, hashPassword } from './passwords.js';
import type { Caller, Sight } from './role.js';
import { hashOf, newToken, openSessions } from './sessions.js';
import type { ApiRecords } from './stored.js';

const setupMs = 24 * 3_600_000;
/** Stands in where there is no such user or no password yet, so that each wrong sign-in costs the same time. */
const nobody = 'scrypt:65536:8:1:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

export interface PageUsersOptions {
  readonly records: ApiRecords;
  readonly now: () => Date;
  readonly random: (bytes: number) => Uint8Array;
}

/** A user as the lead sees one in the list. */
export interface ListedUser {
  readonly name: string;
  readonly sight: Sight;
  readonly created: Date;
  /** A password is set; else its link was not used yet. */
  readonly ready: boolean;
  /** Seconds for which signing in is still locked; null when it is not. */
  readonly lockedSeconds: number | null;
}

/** The people who may look at the page: one-time links, passwords and sessions. They can change nothing. */
export interface PageUsers {
  /** A one-time token by which the operator makes the first user, who may see everything; null once there is a user. */
  firstToken(): Promise<string | null>;
  /** Adds a user. @returns the token of the link that sets the password. @throws CSM-API-USER-EXISTS */
  add(user: { readonly name: string; readonly sight: Sight }): Promise<string>;
  /** Forgets the password, the lock and all sessions. @returns as `add`. @throws CSM-API-USER-UNKNOWN */
  reset(name: string): Promise<string>;
  /** @throws CSM-API-USER-UNKNOWN */
  remove(name: string): Promise<void>;
  list(): Promise<readonly ListedUser[]>;
  /**
   * Sets a password by a one-time token, and signs in.
   * @param attempt its name is needed for the first user alone; the other links know theirs
   * @throws CSM-API-SETUP, CSM-API-BODY, CSM-API-TOO-OFTEN
   */
  setUp(
    attempt: Omit<SignIn, 'name'> & { readonly token: string; readonly name?: string | undefined },
  ): Promise<string>;
  /** @returns the session's token. @throws CSM-API-SIGN-IN, CSM-API-LOCKED, CSM-API-TOO-OFTEN */
  signIn(attempt: SignIn): Promise<string>;
  /** Ends all sessions of the user. @returns the token of a new one. @throws as `signIn` */
  changePassword(attempt: SignIn & { readonly next: string }): Promise<string>;
  signOut(token: string): Promise<void>;
  /** Who holds this session token now. */
  caller(token: string | undefined): Promise<Caller>;
  /** Calls back when sessions ended before their time. Returns the unsubscriber. */
  onEnd(listener: () => void): () => void;
}

export interface SignIn {
  readonly name: string;
  readonly password: string;
  /** The calling machine. */
  readonly from: string;
}

export function openPageUsers({ records, now, random }: PageUsersOptions): PageUsers {
  const attempts = openAttempts(now);
  const locks = openLocks(now);
  const sessions = openSessions(records, { now, random });
  /** Tokens of the first user's links, which end with the process. */
  const firsts = new Map<string, Date>();

  const newSetup = () => {
    const { token, hash } = newToken(random);
    return { token, setup: { hash, until: new Date(now().getTime() + setupMs) } };
  };
  const isEmpty = async () => (await records.users.list()).length === 0;
  const isOpen = async (hash: string) =>
    (await records.users.list()).some(({ setup }) => setup?.hash === hash && setup.until > now());

  /** @throws CSM-API-SIGN-IN, CSM-API-LOCKED, CSM-API-TOO-OFTEN */
  async function prove({ name, password, from }: SignIn): Promise<void> {
    locks.check(name);
    attempts.take(`from ${from}`);
    attempts.take(`user ${name}`);
    locks.count(name);
    const user = await records.users.find(name);
    const good = await checkPassword(password, user?.password ?? nobody);
    if (!good || user === null || user.password === null) fail('CSM-API-SIGN-IN');
    attempts.clear(`from ${from}`);
    attempts.clear(`user ${name}`);
    locks.clear(name);
  }

  /** Makes the first user by the operator's link. */
  async function setUpFirst(hash: string, name: string | undefined, password: string): Promise<string> {
    const until = firsts.get(hash);
    if (until === undefined || until < now() || !(await isEmpty())) fail('CSM-API-SETUP');
    if (name === undefined) fail('CSM-API-BODY', { path: 'body.name', problem: 'the first user needs a name' });
    // Taken before the slow hash, so that two calls cannot both use it.
    firsts.delete(hash);
    const hashed = await hashPassword(password, random);
    const added = await records.users.add({
      name,
      sight: { role: 'lead' },
      password: hashed,
      setup: null,
      created: now(),
    });
    return added ? name : fail('CSM-API-SETUP');
  }

  return {
    async firstToken() {
      if (!(await isEmpty())) return null;
      const { token, setup } = newSetup();
      firsts.set(setup.hash, setup.until);
      return token;
    },
    async add({ name, sight }) {
      const { token, setup } = newSetup();
      const added = await records.users.add({ name, sight, password: null, setup, created: now() });
      return added ? token : fail('CSM-API-USER-EXISTS', { name });
    },
    async reset(name) {
      const { token, setup } = newSetup();
      if (!(await records.users.change(name, { password: null, setup }))) fail('CSM-API-USER-UNKNOWN', { name });
      await sessions.endAll(name);
      locks.clear(name);
      return token;
    },
    async remove(name) {
      if (!(await records.users.remove(name))) fail('CSM-API-USER-UNKNOWN', { name });
      await sessions.endAll(name);
      locks.clear(name);
    },
    list: async () =>
      (await records.users.list()).map(({ name, sight, password, created }) => ({
        ...{ name, sight, created, ready: password !== null, lockedSeconds: locks.left(name) },
      })),
    async setUp({ token, name, password, from }) {
      attempts.take(`from ${from}`);
      const hash = hashOf(token);
      let user: string;
      if (firsts.has(hash)) user = await setUpFirst(hash, name, password);
      else {
        // Looked up first: a stranger's guess is not worth the slow hash.
        if (!(await isOpen(hash))) fail('CSM-API-SETUP');
        const redeemed = await records.users.redeem(hash, await hashPassword(password, random));
        user = redeemed?.name ?? fail('CSM-API-SETUP');
      }
      attempts.clear(`from ${from}`);
      await sessions.endAll(user);
      return sessions.begin(user);
    },
    async signIn(attempt) {
      await prove(attempt);
      return sessions.begin(attempt.name);
    },
    async changePassword({ next, ...attempt }) {
      await prove(attempt);
      const { name } = attempt;
      const password = await hashPassword(next, random);
      if (!(await records.users.change(name, { password, setup: null }))) fail('CSM-API-SIGN-IN');
      await sessions.endAll(name);
      return sessions.begin(name);
    },
    signOut: (token) => sessions.end(token),
    caller: (token) => sessions.caller(token),
    onEnd: (listener) => sessions.onEnd(listener),
  };
}
