import { Kysely, sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { Connection } from './libsql.js';
import { dialectOn } from './sqlite-dialect.js';
import type { Tables } from './tables/index.js';

/** A database that notes what it is asked for. */
function notedConnection(fault: Error | null = null) {
  const asked: string[] = [];
  const connection: Connection = {
    prepare: (text) => ({
      reader: false,
      all: () => [],
      run() {
        asked.push(text);
        return { changes: 0, lastInsertRowid: 0 };
      },
      iterate: () => [][Symbol.iterator](),
    }),
    exec: (text) => void asked.push(text),
    async commit() {
      asked.push('commit beside the loop');
      if (fault !== null) throw fault;
    },
    close() {},
  };
  return { asked, db: new Kysely<Tables>({ dialect: dialectOn(connection) }) };
}

describe('a transaction', () => {
  it('that may have changed something ends beside the event loop, one that only read in it', async () => {
    const { asked, db } = notedConnection();
    const work = sql`SELECT 1`;
    await db.transaction().execute((tx) => work.execute(tx));
    await db
      .transaction()
      .setAccessMode('read only')
      .execute((tx) => work.execute(tx));
    await db.transaction().execute((tx) => work.execute(tx));
    const change = ['begin', 'SELECT 1', 'commit beside the loop'];
    expect(asked).toEqual([...change, 'begin', 'SELECT 1', 'commit', ...change]);
  });

  it('that could not be flushed fails, and is rolled back', async () => {
    const { asked, db } = notedConnection(new Error('no room'));
    await expect(db.transaction().execute((tx) => sql`SELECT 1`.execute(tx))).rejects.toThrow('no room');
    expect(asked).toEqual(['begin', 'SELECT 1', 'commit beside the loop', 'rollback']);
  });
});
