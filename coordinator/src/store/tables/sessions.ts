import type { Queries, Tx } from '../store.js';

/** A signed-in browser. */
export interface SessionRow {
  /** SHA-256 of the token: a copy of the database signs nobody in. */
  readonly tokenHash: string;
  readonly user: string;
  readonly created: string;
  /** Milliseconds since 1970. */
  readonly expiresMs: number;
  /** Milliseconds since 1970 of its newest call, give or take a minute. */
  readonly usedMs: number;
}

export async function putSession(tx: Tx, row: SessionRow): Promise<void> {
  await tx.insertInto('sessions').values(row).execute();
}

/** The session of a token, unless it has ended by `nowMs`. */
export async function sessionOf(db: Queries, tokenHash: string, nowMs: number): Promise<SessionRow | null> {
  const row = await db
    .selectFrom('sessions')
    .selectAll()
    .where('tokenHash', '=', tokenHash)
    .where('expiresMs', '>', nowMs)
    .executeTakeFirst();
  return row ?? null;
}

export async function endSession(tx: Tx, tokenHash: string): Promise<void> {
  await tx.deleteFrom('sessions').where('tokenHash', '=', tokenHash).execute();
}

/** Ends all sessions of a user. */
export async function endSessionsOf(tx: Tx, user: string): Promise<void> {
  await tx.deleteFrom('sessions').where('user', '=', user).execute();
}

/** Notes that a session was used. */
export async function touchSession(tx: Tx, tokenHash: string, usedMs: number): Promise<void> {
  await tx.updateTable('sessions').set({ usedMs }).where('tokenHash', '=', tokenHash).execute();
}

/** Deletes sessions that have ended. */
export async function forgetSessions(tx: Tx, nowMs: number): Promise<void> {
  await tx.deleteFrom('sessions').where('expiresMs', '<=', nowMs).execute();
}
