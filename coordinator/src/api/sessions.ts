import { sha256 } from '@consilium/shared/canonical';
import type { Caller, Sight } from './role.js';
import type { ApiRecords } from './stored.js';

/** A session ends this long after signing in, whatever happens in between. */
export const sessionMs = 12 * 3_600_000;
/** A session ends this long after its newest call; a live view that nobody touches is no call. */
export const idleMs = 2 * 3_600_000;
/** The newest call is written down this often at most. */
const touchMs = 60_000;
const tokenBytes = 32;

export type Token = { readonly token: string; readonly hash: string };

/** A random token, which only its holder knows, and what is kept of it. */
export function newToken(random: (bytes: number) => Uint8Array): Token {
  const token = Buffer.from(random(tokenBytes)).toString('base64url');
  return { token, hash: hashOf(token) };
}

export const hashOf = (token: string): string => sha256(Buffer.from(token, 'utf8'));

/** The browsers that are signed in. */
export interface Sessions {
  /** @returns the session's token */
  begin(user: string): Promise<string>;
  /** Who holds this token now. Counts as a use. */
  caller(token: string | undefined): Promise<Caller>;
  end(token: string): Promise<void>;
  endAll(user: string): Promise<void>;
  /** Calls back when sessions ended before their time. Returns the unsubscriber. */
  onEnd(listener: () => void): () => void;
}

interface Known {
  readonly user: string;
  readonly sight: Sight;
  readonly expiresMs: number;
  usedMs: number;
  ended: boolean;
}

export function openSessions(
  records: ApiRecords,
  { now, random }: { readonly now: () => Date; readonly random: (bytes: number) => Uint8Array },
): Sessions {
  const known = new Map<string, Known>();
  const listeners = new Set<() => void>();
  /** How often sessions were ended, to find out that one was while it was being read. */
  let endings = 0;

  const isLive = ({ ended, expiresMs, usedMs }: Known): boolean => {
    const nowMs = now().getTime();
    return !ended && nowMs < expiresMs && nowMs < usedMs + idleMs;
  };

  function forget(hash: string): void {
    const session = known.get(hash);
    if (session !== undefined) session.ended = true;
    known.delete(hash);
  }

  async function load(hash: string): Promise<Known | null> {
    const before = endings;
    const session = await records.sessions.find(hash);
    const user = session === null ? null : await records.users.find(session.user);
    if (before !== endings) return load(hash);
    if (session === null || user === null) return null;
    const [expiresMs, usedMs] = [session.expires.getTime(), session.used.getTime()];
    const loaded = { user: user.name, sight: user.sight, expiresMs, usedMs, ended: false };
    known.set(hash, loaded);
    return loaded;
  }

  function told(): void {
    endings += 1;
    for (const listener of listeners) listener();
  }

  return {
    async begin(user) {
      for (const [hash, session] of known) if (!isLive(session)) forget(hash);
      const { token, hash } = newToken(random);
      const used = now();
      await records.sessions.add(hash, { user, expires: new Date(used.getTime() + sessionMs), used });
      return token;
    },
    async caller(token) {
      if (token === undefined) return { kind: 'nobody' };
      const hash = hashOf(token);
      const session = known.get(hash) ?? (await load(hash));
      if (session === null) return { kind: 'nobody' };
      if (!isLive(session)) {
        forget(hash);
        await records.sessions.remove(hash);
        return { kind: 'nobody' };
      }
      const used = now();
      if (used.getTime() - session.usedMs >= touchMs) {
        session.usedMs = used.getTime();
        await records.sessions.touch(hash, used);
      }
      return { kind: 'user', name: session.user, sight: session.sight, live: () => isLive(session) };
    },
    async end(token) {
      const hash = hashOf(token);
      await records.sessions.remove(hash);
      forget(hash);
      told();
    },
    async endAll(user) {
      await records.sessions.removeOf(user);
      for (const [hash, session] of known) if (session.user === user) forget(hash);
      told();
    },
    onEnd(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
