import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CodedError } from '@consilium/shared/errors';
import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { openBytes } from './readers/index.js';
import { columnIndex, openTable } from './table.js';

const folder = mkdtempSync(join(tmpdir(), 'table-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function write(content: string | Uint8Array, suffix = '.csv'): string {
  files += 1;
  const path = join(folder, `table-${files}${suffix}`);
  writeFileSync(path, content);
  return path;
}

async function read(
  path: string,
): Promise<{ columns: readonly string[]; rows: readonly (readonly string[])[]; lines: number[] }> {
  const table = await openTable(path);
  const rows: (readonly string[])[] = [];
  const lines: number[] = [];
  for await (const { fields, line } of table.rows) {
    rows.push(fields);
    lines.push(line);
  }
  return { columns: table.columns, rows, lines };
}

const codeOf = (path: string): Promise<string> =>
  read(path).then(
    () => 'none',
    (thrown) => {
      if (thrown instanceof CodedError) return thrown.code;
      throw thrown;
    },
  );

describe('openTable', () => {
  const forms: readonly (readonly [string, string | Uint8Array, string])[] = [
    ['commas', 'id,a\nx,1\ny,2\n', '.csv'],
    ['tabs', 'id\ta\nx\t1\ny\t2\n', '.tsv'],
    ['tabs in a file called csv', 'id\ta\nx\t1\ny\t2\n', '.csv'],
    ['semicolons', 'id;a\r\nx;1\r\ny;2\r\n', '.csv'],
    ['a byte order mark, quotes and empty lines', '\uFEFFid,"a"\n\n"x",1\n\ny,"2"', '.csv'],
    ['gzip', gzipSync('id,a\nx,1\ny,2\n'), '.csv.gz'],
  ];
  it.each(forms)('reads %s', async (_, content, suffix) => {
    const { columns, rows } = await read(write(content, suffix));
    expect(columns).toEqual(['id', 'a']);
    expect(rows).toEqual([
      ['x', '1'],
      ['y', '2'],
    ]);
  });

  it('says on which line a row stands, ragged ones as they are', async () => {
    const { rows, lines } = await read(write('id,a\nx,1\n\ny\nz,1,2\n'));
    expect(rows).toEqual([['x', '1'], ['y'], ['z', '1', '2']]);
    expect(lines).toEqual([2, 4, 5]);
  });

  it('keeps rows of many thousand columns', async () => {
    const columns = Array.from({ length: 30_000 }, (_, index) => `GENE${index}`);
    const { rows } = await read(write(`${columns.join(',')}\n${columns.map((_, index) => index / 7).join(',')}\n`));
    expect(rows[0]).toHaveLength(30_000);
  });

  const gzip = gzipSync('id,a\n'.repeat(100_000));
  const faults: readonly (readonly [string, string | Uint8Array, string, string])[] = [
    ['an empty file', '', '.csv', 'CSM-DATA-EMPTY'],
    ['an empty gzip file', '', '.csv.gz', 'CSM-DATA-GZIP'],
    ['plain text called gzip', 'id,a\nx,1\n', '.csv.gz', 'CSM-DATA-GZIP'],
    ['gzip cut short', gzip.subarray(0, gzip.length - 12), '.csv.gz', 'CSM-DATA-GZIP'],
    ['a column twice', 'id,a,a\nx,1,2\n', '.csv', 'CSM-DATA-COLUMN-TWICE'],
    ['a quote that never closes', 'id,a\nx,"1\ny,2\n', '.csv', 'CSM-DATA-MALFORMED'],
  ];
  it.each(faults)('refuses %s', async (_, content, suffix, code) => {
    expect(await codeOf(write(content, suffix))).toBe(code);
  });

  it('tells of columns of one name by their numbers: the name may be the value of a patient', async () => {
    const thrown = await openTable(write('s1,AML,7.25,7.25\ns2,ALL,1,2\n')).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'CSM-DATA-COLUMN-TWICE', details: { first: 3, second: 4 } });
    expect(String(thrown)).not.toContain('7.25');
  });

  it.each([
    ['rows', `id,a\n${'x,1\n'.repeat(1_001)}`, '1000 rows'],
    ['columns', `${'a,'.repeat(100)}b\n1\n`, '100 columns'],
    ['fields in a row', `id,a\nx${','.repeat(5_000)}\n`, '100 columns'],
    ['fields in a row that nothing ends', `id,a\nx${','.repeat(2 ** 20)}"`, '100 columns'],
    ['fields in a header that quotes them', `"id"x"${','.repeat(5_000)}x"\n`, '100 columns'],
    ['characters in a row', `id,a\nx,${'1'.repeat(5_000)}\n`, '4000 characters in a row'],
    ['characters in its header', 'a'.repeat(5_000), '4000 characters in a row'],
  ])(
    'refuses a table of more %s than a cohort has, naming file and limit, however small it was packed',
    async (_, content, limit) => {
      const limits = { rows: 1_000, columns: 100, rowCharacters: 4_000 };
      const path = write(gzipSync(content), '.csv.gz');
      const reading = (async () => {
        for await (const _row of (await openTable(path, undefined, limits)).rows);
      })();
      const error = await reading.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'CSM-DATA-LARGE', details: { file: basename(path), limit } });
    },
  );

  it.each([
    ['packed', '.csv.gz'],
    ['as it is', '.csv'],
  ])('can be left while nothing comes but empty lines, %s', async (_, suffix) => {
    const content = Buffer.concat([Buffer.from('id,a\n'), Buffer.alloc(16 * 2 ** 20, '\n')]);
    const leave = new AbortController();
    const table = await openTable(write(suffix === '.csv' ? content : gzipSync(content), suffix), leave.signal);
    const reading = table.rows[Symbol.asyncIterator]().next();
    const left = new Error('left');
    leave.abort(left);
    await expect(reading).rejects.toBe(left);
  });

  it.runIf(process.platform === 'linux')(
    'holds no file whose rows are not asked for, nor one that is left',
    async () => {
      const path = write(`id,a\n${'x,1\n'.repeat(100_000)}`);
      const { ino } = statSync(path);
      const isIt = (fd: string): boolean => statSync(`/proc/self/fd/${fd}`, { throwIfNoEntry: false })?.ino === ino;
      const held = (): number => readdirSync('/proc/self/fd').filter(isIt).length;
      const table = await openTable(path);
      expect(() => columnIndex(table, 'b')).toThrow();
      await vi.waitFor(() => expect(held()).toBe(0), { timeout: 120_000 });
      for await (const _row of table.rows) {
        expect(held()).toBe(1);
        break;
      }
      await vi.waitFor(() => expect(held()).toBe(0), { timeout: 120_000 });
    },
  );

  it('stops to unpack where the limit is, and says so', async () => {
    const path = write(gzipSync(Buffer.alloc(64 * 2 ** 20, '\n')), '.csv.gz');
    let passed = 0;
    const reading = (async () => {
      for await (const chunk of openBytes(path, undefined, 2 ** 20)) passed += chunk.length;
    })();
    await expect(reading).rejects.toMatchObject({ code: 'CSM-DATA-LARGE', details: { limit: `${2 ** 20} bytes` } });
    expect(passed).toBeLessThanOrEqual(2 ** 20);
  });

  it('refuses a file that is not there, and a folder', async () => {
    expect(await codeOf(join(folder, 'absent.csv'))).toBe('CSM-DATA-FILE');
    expect(await codeOf(folder)).toBe('CSM-DATA-UNREADABLE');
  });

  it('gives rows or a coded error for any bytes, under any name', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '1', ',', ';', '\t', '"', '\n', '\r', '\\', ' ', '\uFEFF', 'é'),
    });
    const content = fc.oneof(
      fc.uint8Array(),
      text,
      text.map((plain) => gzipSync(plain)),
    );
    await fc.assert(
      fc.asyncProperty(content, fc.constantFrom('.csv', '.csv.gz'), async (bytes, suffix) => {
        expect(await codeOf(write(bytes, suffix))).toMatch(/^(none|CSM-DATA-[A-Z-]+)$/);
      }),
      { numRuns: 150 },
    );
  });
});
