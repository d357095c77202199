import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from './libsql.js';
import { schemaVersion } from './migrations/index.js';
import { openSqliteStore } from './sqlite.js';
import { all, recordsAfter, storeConformance } from './store.conformance.js';
import type { Store } from './store.js';

const code = (wanted: string) => expect.objectContaining({ code: wanted });
const nothing = async () => {};

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'consilium-store-'));
  file = join(folder, 'data', 'consilium.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

storeConformance('SQLite', async () => {
  let store = await openSqliteStore({ file });
  return {
    store,
    async reopen() {
      await store.close();
      store = await openSqliteStore({ file });
      return store;
    },
    remove: () => store.close(),
  };
});

async function withStore<Result>(work: (store: Store) => Promise<Result>): Promise<Result> {
  const store = await openSqliteStore({ file });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

describe('the database file', () => {
  it('is for its owner alone, with its log', async () => {
    await withStore(async (store) => {
      await store.append('run', null, recordsAfter(null, [1]), nothing);
      for (const path of [file, `${file}-wal`]) expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700);
    });
  });

  it('is flushed at every commit and checks references', async () => {
    await withStore(async (store) => {
      const pragma = (name: string) =>
        store.read(async (db) => Object.values((await sql.raw(`PRAGMA ${name}`).execute(db)).rows[0] ?? {})[0]);
      expect(await pragma('journal_mode')).toBe('wal');
      expect(await pragma('synchronous')).toBe(2);
      expect(await pragma('foreign_keys')).toBe(1);
    });
  });

  it('is open in one place at a time', async () => {
    await withStore(async () => {
      await expect(openSqliteStore({ file })).rejects.toEqual(code('CSM-STORE-IN-USE'));
    });
    await withStore(nothing);
  });

  it('lets go of the lock when it cannot be opened', async () => {
    await withStore(nothing);
    writeFileSync(file, 'not a database at all '.repeat(500));
    await expect(openSqliteStore({ file })).rejects.toEqual(code('CSM-STORE-DAMAGED'));
    await expect(openSqliteStore({ file })).rejects.toEqual(code('CSM-STORE-DAMAGED'));
  });

  it('of another program is not touched', async () => {
    const foreign = join(folder, 'foreign.db');
    const connection = connect(foreign);
    connection.exec('CREATE TABLE patients (name text)');
    connection.close();
    await expect(openSqliteStore({ file: foreign })).rejects.toEqual(code('CSM-STORE-DAMAGED'));
  });

  it('of a newer version is refused', async () => {
    await withStore((store) =>
      store.write((tx) => sql`INSERT INTO "schemaVersions" VALUES (${schemaVersion + 1}, 'later')`.execute(tx)),
    );
    await expect(openSqliteStore({ file })).rejects.toEqual(code('CSM-STORE-NEWER'));
  });

  it('is made once, however often it is opened', async () => {
    for (let time = 0; time < 3; time++) {
      await withStore(async (store) => {
        const { rows } = await store.read((db) => sql<{ version: number }>`SELECT * FROM "schemaVersions"`.execute(db));
        expect(rows.map(({ version }) => version)).toEqual(Array.from({ length: schemaVersion }, (_, at) => at + 1));
      });
    }
  });

  it('without room refuses with a code, appends nothing, and goes on when there is room', async () => {
    await withStore(async (store) => {
      const [first, second] = recordsAfter(null, ['small', 'x'.repeat(500_000)]);
      await store.append('run', null, first === undefined ? [] : [first], nothing);
      const limit = (pages: number) => store.write((tx) => sql.raw(`PRAGMA max_page_count = ${pages}`).execute(tx));
      await limit(1);
      const appending = () => store.append('run', first?.hash ?? null, second === undefined ? [] : [second], nothing);
      await expect(appending()).rejects.toEqual(code('CSM-STORE-NO-SPACE'));
      expect(await store.head('run')).toMatchObject({ sequence: 0 });
      await limit(2 ** 30);
      await appending();
      expect(await all(store.records('run'))).toHaveLength(2);
    });
  });

  it('that cannot be written is named', async () => {
    writeFileSync(join(folder, 'a-file'), '');
    for (const place of [join(folder, 'a-file', 'consilium.db'), folder]) {
      await expect(openSqliteStore({ file: place })).rejects.toEqual(code('CSM-STORE-DISK'));
    }
  });

  it('may live in memory alone', async () => {
    const store = await openSqliteStore({ file: ':memory:' });
    await store.append('run', null, recordsAfter(null, [1]), nothing);
    expect(await store.head('run')).toMatchObject({ sequence: 0 });
    await store.close();
  });
});

describe('the connection', () => {
  it('takes what libsql would die of, and gives plain bytes', () => {
    const connection = connect(':memory:');
    const query = (value: unknown) => connection.prepare('SELECT ? AS value').all([value]);
    expect(query(true)).toEqual([{ value: 1 }]);
    expect(query(false)).toEqual([{ value: 0 }]);
    expect(query(Uint8Array.of(1, 2))).toEqual([{ value: Uint8Array.of(1, 2) }]);
    expect(query(null)).toEqual([{ value: null }]);
    for (const odd of [undefined, {}, [], new Date(0), () => {}, Symbol('x')]) {
      expect(() => query(odd)).toThrow(TypeError);
    }
    connection.close();
  });

  it('refuses cursors, which would hold the lock', () => {
    const connection = connect(':memory:');
    expect(() => connection.prepare('SELECT 1').iterate([])).toThrow('pages');
    connection.close();
  });
});
