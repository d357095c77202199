import { AsyncLocalStorage } from 'node:async_hooks';
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { coded, fail } from '@consilium/shared/errors';
import type { BlobHash } from '@consilium/shared/ids';
import type { JournalHead, JournalRecord } from '@consilium/shared/journal';
import { type AccessMode, Kysely, sql } from 'kysely';
import { type Connection, connect } from './libsql.js';
import { holdLock } from './lock.js';
import { migrate } from './migrations/index.js';
import { dialectOn } from './sqlite-dialect.js';
import type { Store, Tx } from './store.js';
import type { Tables } from './tables/index.js';
import { headOf, insertRecords, listChains, pageOf } from './tables/records.js';

const recordsPerPage = 256;

/**
 * The store in one SQLite file (WAL, every commit flushed), brought to the newest schema. One process at a time.
 * @param file path of the database; `:memory:` for one that ends with the process
 * @throws CSM-STORE-IN-USE, CSM-STORE-DAMAGED, CSM-STORE-NEWER, CSM-STORE-NO-SPACE, CSM-STORE-DISK
 */
export async function openSqliteStore({ file }: { readonly file: string }): Promise<Store> {
  const inMemory = file === ':memory:';
  if (!inMemory) makePrivate(file);
  const unlock = inMemory ? () => {} : holdLock(`${file}.lock`);
  try {
    const connection = connect(file);
    for (const pragma of ['journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON', 'busy_timeout = 5000']) {
      connection.prepare(`PRAGMA ${pragma}`).all([]);
    }
    const db = new Kysely<Tables>({ dialect: dialectOn(connection) });
    if (!inMemory) checkPages(connection, file);
    await migrate(db, file);
    return storeOn(db, file, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

function storeOn(db: Kysely<Tables>, file: string, unlock: () => void): Store {
  const inside = new AsyncLocalStorage<{ ended: boolean }>();

  // There is one connection: a query that waits for its own transaction to end would wait for ever.
  const transaction = async <Result>(accessMode: AccessMode, work: (tx: Tx) => Promise<Result>): Promise<Result> => {
    if (inside.getStore()?.ended === false)
      throw new Error('Inside a transaction, use the transaction, not the store.');
    const scope = { ended: false };
    try {
      return await inside.run(scope, () => db.transaction().setAccessMode(accessMode).execute(work));
    } finally {
      scope.ended = true;
    }
  };
  const read = <Result>(query: (tx: Tx) => Promise<Result>) => transaction('read only', query);
  const write = <Result>(change: (tx: Tx) => Promise<Result>) => transaction('read write', change);

  async function* records(chain: string, from = 0): AsyncGenerator<JournalRecord> {
    for (let next = from; ; ) {
      const page = await read((tx) => pageOf(tx, chain, next, recordsPerPage)).catch((error: unknown) => {
        if (error instanceof SyntaxError) throw coded('CSM-STORE-DAMAGED', { file }, { cause: error });
        throw error;
      });
      yield* page;
      if (page.length < recordsPerPage) return;
      next += page.length;
    }
  }

  let closing: Promise<void> | null = null;
  const close = async () => {
    try {
      await db.connection().execute((connection) => sql`PRAGMA wal_checkpoint(TRUNCATE)`.execute(connection));
      await db.destroy();
    } finally {
      unlock();
    }
  };

  return {
    append: async (chain, expectedHead, added, project) => {
      checkLinks(chain, expectedHead, added);
      await write(async (tx) => {
        const head = await headOf(tx, chain);
        if ((head?.hash ?? null) !== expectedHead) fail('CSM-STORE-STALE-HEAD', { chain });
        checkSequence(head, added);
        await insertRecords(tx, added);
        await project(tx);
      });
    },
    head: (chain) => read((tx) => headOf(tx, chain)),
    records,
    chains: () => read(listChains),
    read,
    write,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** What stands in the pages is checked as it is read; that they hang together is checked here, before anything is added. */
function checkPages(connection: Connection, file: string): void {
  const [answer] = connection.prepare('PRAGMA quick_check(1)').all([]);
  if (!(answer instanceof Object && Object.values(answer)[0] === 'ok')) fail('CSM-STORE-DAMAGED', { file });
}

function checkLinks(chain: string, expectedHead: BlobHash | null, records: readonly JournalRecord[]): void {
  let previous = expectedHead;
  for (const record of records) {
    if (record.chain !== chain || record.previous !== previous) {
      throw new TypeError(`Records appended to ${chain} must follow each other.`);
    }
    previous = record.hash;
  }
}

function checkSequence(head: JournalHead | null, records: readonly JournalRecord[]): void {
  const first = head === null ? 0 : head.sequence + 1;
  if (records.some((record, index) => record.sequence !== first + index)) {
    throw new TypeError('Records appended to a chain must be numbered on.');
  }
}

/** SQLite gives its log the same rights as the database, so they must be right before it is opened. */
function makePrivate(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    for (const path of [file, `${file}.lock`]) {
      closeSync(openSync(path, 'a', 0o600));
      chmodSync(path, 0o600);
    }
  } catch (error) {
    throw coded('CSM-STORE-DISK', { file }, { cause: error });
  }
}
