import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '@consilium/models/families';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readImage } from '../data/readers/index.js';
import { csvText, writeFindings } from './index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-findings-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function* given(...findings: readonly Finding[]): AsyncIterable<Finding> {
  yield* findings;
}
const forever = new AbortController().signal;

describe('an explanation', () => {
  it('is a CSV for each table and a PNG for each image, for its owner alone', async () => {
    const side = 8;
    const pixels = Uint8Array.from({ length: 3 * side ** 2 }, (_, at) => (at * 7) % 256);
    const table: Finding = { kind: 'table', name: 'map', header: ['id', 'x'], rows: [['row-1', 1 / 3]] };
    const names = await writeFindings(
      join(folder, 'why'),
      given(table, { kind: 'image', name: 'row-1', side, pixels }),
      forever,
    );
    expect(names).toEqual(['map.csv', 'row-1.png']);
    expect(await readFile(join(folder, 'why', 'map.csv'), 'utf8')).toBe('id,x\nrow-1,0.3333333\n');
    expect(await readImage(join(folder, 'why', 'row-1.png'))).toEqual({
      width: side,
      height: side,
      pixels: Buffer.from(pixels),
    });
    for (const path of ['why', 'why/map.csv', 'why/row-1.png']) {
      expect((await stat(join(folder, path))).mode & 0o077).toBe(0);
    }
  });

  it('stays in its folder, whatever a family calls its parts', async () => {
    const table = (name: string): Finding => ({ kind: 'table', name, header: ['a'], rows: [] });
    await writeFindings(join(folder, 'why'), given(table('../../out'), table('a/b')), forever);
    expect(await readdir(folder)).toEqual(['why']);
    expect((await readdir(join(folder, 'why'))).sort()).toEqual(['.._.._out.csv', 'a_b.csv']);
  });

  it('ends when it is told to', async () => {
    const stop = AbortSignal.abort(new Error('enough'));
    const table: Finding = { kind: 'table', name: 'map', header: ['a'], rows: [] };
    await expect(writeFindings(join(folder, 'why'), given(table), stop)).rejects.toThrow('enough');
  });
});

describe('a table as CSV', () => {
  it('quotes what would end a field, and leaves empty what is no number', () => {
    expect(
      csvText(
        ['a', 'b,c'],
        [
          ['say "x"', Number.NaN],
          ['two\nlines', 1e-9],
        ],
      ),
    ).toBe('a,"b,c"\n"say ""x""",\n"two\nlines",1e-9\n');
  });
});
