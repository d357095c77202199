import { asCoded, coded } from '@consilium/shared/errors';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import Libsql from 'libsql';
import AsyncLibsql from 'libsql/promise';

type Value = null | number | bigint | string | Uint8Array;

/** Statements kept prepared; the queries of the store are fewer. */
const keptStatements = 256;

/**
 * libsql behind Kysely's own SQLite dialect, with its oddities in one place: it aborts the process on a boolean,
 * gives BLOBs as ArrayBuffer, and closes only when its statements are collected.
 */
export interface Connection extends SqliteDatabase {
  /** Runs SQL without parameters or rows. */
  exec(sql: string): void;
  /** Ends the transaction in a thread of libsql's own: the event loop goes on while the disk is flushed. */
  commit(): Promise<void>;
}

/** @throws CSM-STORE-IN-USE, CSM-STORE-DAMAGED, CSM-STORE-DISK */
export function connect(file: string): Connection {
  const guarded = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (error) {
      throw codedFault(error, file);
    }
  };
  const database = guarded(() => new Libsql(file));
  const kept = new Map<string, SqliteStatement>();

  const prepare = (sql: string): SqliteStatement => {
    const statement = guarded(() => database.prepare<unknown[]>(sql));
    return {
      reader: statement.reader,
      all: (parameters) => guarded(() => statement.all(parameters.map(bindable)).map(plainRow)),
      run: (parameters) => guarded(() => statement.run(parameters.map(bindable))),
      iterate: () => {
        throw new Error('An open cursor would hold back every other query: read in pages.');
      },
    };
  };

  return {
    prepare(sql) {
      // SQLite itself rolls back when the disk is full; a second time would hide that fault behind another.
      if (sql === 'rollback' && !database.inTransaction) return nothing;
      const known = kept.get(sql);
      if (known !== undefined) return known;
      const statement = prepare(sql);
      if (kept.size < keptStatements) kept.set(sql, statement);
      return statement;
    },
    exec: (sql) => guarded(() => void database.exec(sql)),
    async commit() {
      try {
        // libsql has two faces, one that waits and one that does not, over the same native connection.
        await AsyncLibsql.prototype.exec.call(database, 'commit');
      } catch (error) {
        throw codedFault(error, file);
      }
    },
    close() {
      kept.clear();
      guarded(() => database.close());
    },
  };
}

const nothing: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [][Symbol.iterator](),
};

function bindable(value: unknown): Value {
  switch (typeof value) {
    case 'boolean':
      return value ? 1 : 0;
    case 'number':
    case 'bigint':
    case 'string':
      return value;
    default:
      if (value === null || value instanceof Uint8Array) return value;
      throw new TypeError(`A ${typeof value} cannot be stored in a column.`);
  }
}

function plainRow(row: unknown): unknown {
  if (typeof row !== 'object' || row === null) return row;
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof ArrayBuffer ? new Uint8Array(value) : value]),
  );
}

/** A fault of the database with our code where the user can do something about it. */
export function codedFault(error: unknown, file: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('SQLITE_FULL')) return coded('CSM-STORE-NO-SPACE', { file }, { cause: error });
  if (code.startsWith('SQLITE_BUSY')) return coded('CSM-STORE-IN-USE', { file }, { cause: error });
  if (code.startsWith('SQLITE_NOTADB') || code.startsWith('SQLITE_CORRUPT')) {
    return coded('CSM-STORE-DAMAGED', { file }, { cause: error });
  }
  if (/^SQLITE_(?:IOERR|CANTOPEN|READONLY)/.test(code)) return coded('CSM-STORE-DISK', { file }, { cause: error });
  return error instanceof TypeError ? error : error instanceof Error ? error : asCoded(error);
}
