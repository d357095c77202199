import {
  endSession,
  endSessionsOf,
  forgetNonces,
  forgetSessions,
  listUsers,
  putSession,
  putUser,
  removeUser,
  type Store,
  sessionOf,
  spendNonce,
  touchSession,
  type UserRow,
  userOf,
  userOfSetup,
} from '../store/index.js';
import type { Sight } from './role.js';
import type { ApiRecords, PageUser } from './stored.js';

/** The API's records in the coordinator's own store. */
export function recordsOver(store: Store, now: () => Date): ApiRecords {
  return {
    users: {
      list: async () => (await store.read(listUsers)).map(fromRow),
      async find(name) {
        const row = await store.read((db) => userOf(db, name));
        return row === null ? null : fromRow(row);
      },
      add: (user) =>
        store.write(async (tx) => {
          if ((await userOf(tx, user.name)) !== null) return false;
          await putUser(tx, toRow(user));
          return true;
        }),
      change: (name, to) =>
        store.write(async (tx) => {
          const row = await userOf(tx, name);
          if (row === null) return false;
          await putUser(tx, toRow({ ...fromRow(row), ...to }));
          return true;
        }),
      redeem: (setupHash, password) =>
        store.write(async (tx) => {
          const row = await userOfSetup(tx, setupHash, now().getTime());
          if (row === null) return null;
          const user = { ...fromRow(row), password, setup: null };
          await putUser(tx, toRow(user));
          return user;
        }),
      remove: (name) => store.write((tx) => removeUser(tx, name)),
    },
    sessions: {
      async find(tokenHash) {
        const row = await store.read((db) => sessionOf(db, tokenHash, now().getTime()));
        return row === null ? null : { user: row.user, expires: new Date(row.expiresMs), used: new Date(row.usedMs) };
      },
      add: (tokenHash, { user, expires, used }) =>
        store.write(async (tx) => {
          await forgetSessions(tx, now().getTime());
          const [expiresMs, usedMs] = [expires.getTime(), used.getTime()];
          await putSession(tx, { tokenHash, user, created: now().toISOString(), expiresMs, usedMs });
        }),
      touch: (tokenHash, used) => store.write((tx) => touchSession(tx, tokenHash, used.getTime())),
      remove: (tokenHash) => store.write((tx) => endSession(tx, tokenHash)),
      removeOf: (user) => store.write((tx) => endSessionsOf(tx, user)),
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

const fromRow = ({ name, passwordHash, role, site, setupHash, setupUntilMs, created }: UserRow): PageUser => ({
  name,
  sight: sightOfRow(role, site),
  password: passwordHash === '' ? null : passwordHash,
  setup: setupHash === null ? null : { hash: setupHash, until: new Date(setupUntilMs ?? 0) },
  created: new Date(created),
});

/** A site user without a site sees what a viewer sees. */
const sightOfRow = (role: UserRow['role'], site: UserRow['site']): Sight => {
  if (role !== 'site') return { role };
  return site === null ? { role: 'viewer' } : { role, site };
};

const toRow = ({ name, sight, password, setup, created }: PageUser): UserRow => ({
  name,
  passwordHash: password ?? '',
  role: sight.role,
  site: sight.role === 'site' ? sight.site : null,
  setupHash: setup?.hash ?? null,
  setupUntilMs: setup?.until.getTime() ?? null,
  created: created.toISOString(),
});
