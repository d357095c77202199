import {
  countUsers,
  endSession,
  forgetNonces,
  forgetSessions,
  putSession,
  putUser,
  type Store,
  sessionOf,
  spendNonce,
  userOf,
} from '../store/index.js';
import type { ApiRecords } from './stored.js';

/** The API's records in the coordinator's own store. */
export function recordsOver(store: Store, now: () => Date): ApiRecords {
  return {
    users: {
      count: () => store.read(countUsers),
      async find(name) {
        const row = await store.read((db) => userOf(db, name));
        return row === null ? null : { name: row.name, password: row.passwordHash };
      },
      add: (user) =>
        store.write(async (tx) => {
          if ((await userOf(tx, user.name)) !== null) return false;
          await putUser(tx, { name: user.name, passwordHash: user.password, created: now().toISOString() });
          return true;
        }),
    },
    sessions: {
      async find(tokenHash) {
        const row = await store.read((db) => sessionOf(db, tokenHash, now().getTime()));
        return row === null ? null : { user: row.user, expires: new Date(row.expiresMs) };
      },
      add: (tokenHash, { user, expires }) =>
        store.write(async (tx) => {
          await forgetSessions(tx, now().getTime());
          await putSession(tx, { tokenHash, user, created: now().toISOString(), expiresMs: expires.getTime() });
        }),
      remove: (tokenHash) => store.write((tx) => endSession(tx, tokenHash)),
    },
    nonces: {
      use: (nonce, expires, at) =>
        store.write(async (tx) => {
          await forgetNonces(tx, at.getTime());
          return spendNonce(tx, { nonce, expiresMs: expires.getTime() });
        }),
    },
  };
}
