import {
  type AccessMode,
  type Dialect,
  type Driver,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Connection } from './libsql.js';

/** Kysely's own SQLite dialect, but for the end of a transaction that may have changed something: that waits beside the event loop. */
export const dialectOn = (connection: Connection): Dialect => ({
  createAdapter: () => new SqliteAdapter(),
  createDriver: () => driverOn(connection),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
});

function driverOn(database: Connection): Driver {
  const driver = new SqliteDriver({ database });
  // There is one connection, so one transaction at a time.
  let mode: AccessMode = 'read write';
  return {
    init: () => driver.init(),
    acquireConnection: () => driver.acquireConnection(),
    beginTransaction(connection, { accessMode = 'read write' }) {
      mode = accessMode;
      return driver.beginTransaction(connection);
    },
    commitTransaction: (connection) =>
      mode === 'read only' ? driver.commitTransaction(connection) : database.commit(),
    rollbackTransaction: (connection) => driver.rollbackTransaction(connection),
    releaseConnection: () => driver.releaseConnection(),
    destroy: () => driver.destroy(),
  };
}
