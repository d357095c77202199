import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail } from '@consilium/shared/errors';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { openH5 } from './h5-file.js';
import { openH5ad } from './index.js';

// Written by h5py 3.16 (HDF5 2.0), attribute by attribute as AnnData does: 3 cells × 4 genes in every form, sound and unsound.
const cohort = fileURLToPath(new URL('./cells.fixture.h5ad', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'consilium-h5ad-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function matrixOf(layer?: string) {
  const file = await openH5ad(cohort);
  try {
    return await file.matrix(layer);
  } finally {
    await file.close();
  }
}

describe('openH5ad', () => {
  it('names the cells, and reads their columns as text whatever their form', async () => {
    const file = await openH5ad(cohort);
    expect(file.cells).toEqual(['cell-1', 'cell-2', 'cell-3']);
    expect(file.columns).toContain('label');
    expect(file.columns).not.toContain('__categories');
    expect(await file.column('label')).toEqual(['stimulé', '', 'control']);
    expect(await file.column('age')).toEqual(['61.5', '', '40']);
    expect(await file.column('alive')).toEqual(['True', 'False', 'True']);
    expect(await file.column('count')).toEqual(['1', '2', '3']);
    expect(await file.column('fixed')).toEqual(['a', 'bb', 'ccc']);
    expect(await file.column('old')).toEqual(['x', 'y', 'x']);
    await expect(file.column('lable')).rejects.toMatchObject({ code: 'CSM-DATA-COLUMN' });
    for (const broken of ['broken', 'pair', 'short']) {
      await expect(file.column(broken)).rejects.toMatchObject({ code: 'CSM-DATA-H5AD' });
    }
    await file.close();
    await file.close();
    await expect(file.column('age')).rejects.toMatchObject({ code: 'CSM-DATA-H5AD' });
  });

  it('reads a matrix by rows, by columns or dense, packed or not, and sorts what is unsorted', async () => {
    const byRows = { kind: 'sparse', rows: 3, width: 4, starts: Int32Array.of(0, 2, 2, 4) };
    const x = { ...byRows, columns: Int32Array.of(1, 3, 0, 2), values: Float32Array.of(1.5, 2, 7, 0.25) };
    expect(await matrixOf()).toEqual({ genes: ['g1', 'g2', 'g3', 'g4'], values: x });
    expect((await matrixOf('unsorted')).values).toEqual(x);
    expect((await matrixOf('by-column')).values).toEqual({
      ...byRows,
      columns: Int32Array.of(1, 3, 0, 3),
      values: Float32Array.of(1, 2, 7, 3),
    });
    expect((await matrixOf('dense')).values).toEqual({
      kind: 'rows',
      rows: 3,
      width: 4,
      values: Float32Array.of(0, 1.5, 0, 2, 0, 0, 0, 0, 7, 0, 0.25, 0),
    });
    expect(await matrixOf('raw')).toEqual({
      genes: ['g1', 'g9'],
      values: { kind: 'rows', rows: 3, width: 2, values: Float32Array.of(0, 1, 2, 3, 4, 5) },
    });
  });

  it.each([
    ['one place twice', 'twice'],
    ['a column that is none', 'outside'],
    ['rows that do not follow each other', 'falling'],
    ['more rows than a cohort has', 'huge'],
    ['more numbers than fit, of which none is stored', 'sea'],
    ['float16', 'half'],
    ['another number of cells', 'other-shape'],
    ['no such layer', 'absent'],
  ])('refuses a matrix with %s', async (_, layer) => {
    await expect(matrixOf(layer)).rejects.toMatchObject({ code: 'CSM-DATA-H5AD' });
  });

  it('names the compression that it lacks', async () => {
    const { code, message } = await matrixOf('lzf').catch((error) => error);
    expect({ code, message }).toMatchObject({ code: 'CSM-DATA-H5-CODEC', message: expect.stringContaining('lzf') });
  });

  it('refuses what is no AnnData file, and what is not there', async () => {
    const text = join(folder, 'text.h5ad');
    writeFileSync(text, 'cell,gene\n');
    await expect(openH5ad(text)).rejects.toMatchObject({ code: 'CSM-DATA-H5AD', details: { file: 'text.h5ad' } });
    await expect(openH5ad(join(folder, 'absent.h5ad'))).rejects.toMatchObject({ code: 'CSM-DATA-FILE' });
    const bags = fileURLToPath(new URL('./bags.fixture.h5', import.meta.url));
    await expect(openH5ad(bags)).rejects.toMatchObject({ code: 'CSM-DATA-H5AD' });
  });

  it('stops when aborted', async () => {
    const controller = new AbortController();
    const file = await openH5ad(cohort, controller.signal);
    controller.abort(new Error('enough'));
    await expect(file.matrix()).rejects.toThrow('enough');
    await file.close();
    await expect(openH5ad(cohort, controller.signal)).rejects.toThrow('enough');
  });
});

describe('a damaged HDF5 file', () => {
  const bytes = readFileSync(cohort);
  const damaged = join(folder, 'damaged.h5ad');
  const refuse = (problem: string): never => fail('CSM-DATA-H5AD', { file: 'damaged.h5ad', problem });

  async function readAll(): Promise<string> {
    try {
      const file = await openH5(damaged, refuse, { answerLimitMs: 3_000 });
      try {
        for (const place of ['X', 'layers', 'obs', 'raw']) {
          for (const { name, ...dataset } of await file.datasets(place)) {
            if (dataset.foreignCodec !== null || dataset.shape[0] === 2 ** 20) continue;
            if (dataset.holds === 'texts') for await (const _ of file.texts(`${place}/${name}`, dataset));
            if (dataset.holds === 'floats') for await (const _ of file.numbers(`${place}/${name}`, dataset));
          }
        }
      } finally {
        await file.close();
      }
      return 'read';
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : String(error);
    }
  }

  it('is refused or read, whichever bytes are wrong, and the next file is read all the same', async () => {
    const faults = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 30 });
    const end = fc.oneof({ weight: 4, arbitrary: fc.constant(bytes.length) }, fc.nat(bytes.length));
    await fc.assert(
      fc.asyncProperty(faults, end, async (places, length) => {
        const copy = Buffer.from(bytes.subarray(0, length));
        for (const [place, byte] of places) if (place < length) copy[place] = byte;
        writeFileSync(damaged, copy);
        expect(['read', 'CSM-DATA-H5AD']).toContain(await readAll());
      }),
      { numRuns: 25 },
    );
    writeFileSync(damaged, bytes);
    expect(await readAll()).toBe('read');
  });
});
