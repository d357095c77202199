import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Images } from '@consilium/models/samples';
import { type Contract, contract, type RunFile, readRunFile } from '@consilium/shared/contract';
import { CodedError } from '@consilium/shared/errors';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DataSource, type Dataset, describe as describeDataset, loadDataset } from '../index.js';
import { openFolder } from '../site-folder.js';

const root = mkdtempSync(join(tmpdir(), 'images-'));
afterAll(() => rmSync(root, { recursive: true }));

const side = 8;
const base = readRunFile(`name: demo
model: { family: vgg19-mhsa, preset: small, classes: [A, B] }
data: { kind: images, id: cell, label: class, side: ${side}, files: { samples: cells.csv } }
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
validation: { share: 0 }
`);
const terms = (data: object = {}): Contract =>
  contract.parse({
    ...{ format: 'consilium-contract-1', consortium: 'c'.repeat(32), run: 'a'.repeat(32) },
    ...{ notAfter: '2026-01-01T00:00:00Z', files: {} },
    runFile: { ...base, data: { ...base.data, testShare: 0, ...data } } satisfies RunFile,
  });

/** A noisy image that differs from those of other names. */
const encoder = (name: string, width = 16, height = width) => {
  const pixels = Buffer.alloc(width * height * 3);
  for (let at = 0; at < pixels.length; at += 32) {
    createHash('sha256').update(`${name} ${at}`).digest().copy(pixels, at);
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
};
const png = (name: string, width?: number, height?: number) => encoder(name, width, height).png().toBuffer();

type Row = readonly [id: string, label: string, file: string, patient?: string];
const rows = [...Array(12)].map((_, row): Row => [`c${row}`, row % 2 ? 'B' : 'A', `cells/c${row}.png`, `p${row}`]);
const good = new Map<string, Buffer>();
beforeAll(async () => {
  for (const [id, , file] of rows) good.set(file, await png(id));
});

let folders = 0;
/** A folder with twelve good images and further ones, and a table that names what it is told to. */
function folder(table: readonly Row[], more: Readonly<Record<string, Uint8Array>> = {}): string {
  folders += 1;
  const path = join(root, String(folders));
  mkdirSync(join(path, 'cells'), { recursive: true });
  for (const [name, bytes] of [...good, ...Object.entries(more)]) writeFileSync(join(path, name), bytes);
  const lines = table.map(([id, label, file, patient = id]) => [id, label, file, patient].join(','));
  writeFileSync(join(path, 'cells.csv'), ['cell,class,file,patient', ...lines, ''].join('\n'));
  return path;
}

const load = (directory: string, data?: object, rest: Partial<DataSource> = {}): Promise<Dataset> =>
  loadDataset({ directory, contract: terms(data), ...rest });
const fault = async (loading: Promise<unknown>): Promise<CodedError> => {
  const thrown = await loading.then(
    () => null,
    (error: unknown) => error,
  );
  if (thrown instanceof CodedError) return thrown;
  throw thrown ?? new Error('the cohort was read');
};
const imagesOf = (dataset: Dataset): Images => {
  const { input } = dataset.parts.train;
  if (input.kind !== 'images') throw new Error(`these are ${input.kind}`);
  return input;
};

describe('an image folder', () => {
  it('gives square images of the run and their classes', async () => {
    const dataset = await load(folder(rows));
    expect(imagesOf(dataset)).toMatchObject({ rows: 12, side });
    expect(imagesOf(dataset).pixels).toHaveLength(12 * side * side * 3);
    expect([...dataset.parts.train.y.slice(0, 3)]).toEqual([0, 1, 0]);
    expect(dataset.features).toEqual(['red', 'green', 'blue']);
    expect(dataset.counts).toEqual({ read: 12, kept: 12, otherLabel: 0, quarantined: 0, missingFeatures: 0 });
    expect(dataset.notes).toBeUndefined();
    expect(describeDataset(dataset)).toMatchObject({ parts: { train: { perClass: [6, 6] } }, missingValues: 0 });
  });

  it('reads JPEG, TIFF and BMP beside PNG, whatever a file is called', async () => {
    const bmp = Buffer.alloc(54 + 16 * 48, 77);
    bmp.write('BM');
    for (const [at, value] of [
      [10, 54],
      [14, 40],
      [18, 16],
      [22, 16],
      [28, 24],
    ] as const)
      bmp.writeUInt32LE(value, at);
    bmp.writeUInt16LE(1, 26);
    bmp.writeUInt16LE(24, 28);
    bmp.fill(0, 30, 54);
    const more = {
      'a.jpg': await encoder('jpeg').jpeg().toBuffer(),
      'b.tif': await encoder('tiff').tiff().toBuffer(),
      'c.png': bmp,
    };
    const extra = Object.keys(more).map((file, index): Row => [`more${index}`, 'A', file]);
    const dataset = await load(folder([...rows, ...extra], more));
    expect(dataset.quarantine).toEqual([]);
    expect(dataset.counts.kept).toBe(15);
  });

  it('sets aside what is no usable image, with its line and reason, and counts other labels', async () => {
    const outside = join(root, 'elsewhere.png');
    writeFileSync(outside, await png('elsewhere'));
    const broken = good.get(rows[0]![2])!.subarray(0, 300);
    const directory = folder(
      [
        ...rows,
        ['x1', 'A', 'broken.png'],
        ['x2', 'A', 'cells/none.png'],
        ['x3', 'A', '../elsewhere.png'],
        ['x4', 'A', outside],
        ['x5', 'A', 'link.png'],
        ['x6', 'A', 'tiny.png'],
        ['x7', 'A', 'cells/../cells/c1.png'],
        ['x8', 'A', 'cells'],
        ['x9', 'A', ''],
        ['c1', 'A', 'cells/c1.png'],
        ['y1', 'blast', 'cells/none.png'],
        ['y2', 'A', 'copy.png'],
      ],
      { 'broken.png': broken, 'tiny.png': await png('tiny', 7, 30), 'copy.png': good.get(rows[3]![2])! },
    );
    symlinkSync(outside, join(directory, 'link.png'));
    const dataset = await load(directory);
    const at = (line: number, reason: string) => ({ file: 'cells.csv', line, reason });
    const image = (line: number, reason: string) => ({ ...at(line, reason), column: 'file' });
    expect(dataset.quarantine).toEqual([
      at(22, 'no file name'),
      at(23, 'id twice'),
      image(14, 'corrupt image'),
      image(15, 'file missing'),
      image(16, 'outside the folder'),
      image(17, 'outside the folder'),
      image(18, 'outside the folder'),
      image(19, 'too small'),
      image(20, 'outside the folder'),
      image(21, 'corrupt image'),
      image(25, 'image twice'),
    ]);
    expect(dataset.counts).toEqual({ read: 24, kept: 12, otherLabel: 1, quarantined: 11, missingFeatures: 0 });
  });

  it('fits an oblong image in whole, and notes it for the hospital alone', async () => {
    const wide = await png('wide', 32, 16);
    const dataset = await load(folder([...rows, ['w', 'A', 'wide.png']], { 'wide.png': wide }));
    expect(dataset.counts.kept).toBe(13);
    expect(dataset.notes).toEqual([expect.stringMatching(/^Images that are not square: 1\. They /)]);
    const last = imagesOf(dataset).pixels.subarray(12 * side * side * 3);
    const line = (row: number) =>
      new Set(
        Array.from({ length: side }, (_, x) =>
          last
            .subarray(3 * (row * side + x))
            .slice(0, 3)
            .join(),
        ),
      );
    expect(line(0).size).toBe(1);
    expect(line(side / 2).size).toBeGreaterThan(1);
  });

  it('asks for as many pixels as the run does', async () => {
    const small = await png('small', 12, 40);
    const directory = folder([...rows, ['s', 'A', 'small.png']], { 'small.png': small });
    expect((await load(directory)).counts.kept).toBe(13);
    expect((await load(directory, { minimumSide: 13 })).quarantine).toMatchObject([{ reason: 'too small' }]);
  });

  it('keeps the samples of one patient in one part', async () => {
    const twoEach = rows.map(([id, label, file], row): Row => [id, label, file, `p${row >> 1}`]);
    const { parts } = await load(folder(twoEach), { patient: 'patient', testShare: 0.2 });
    const patients = [parts.train, parts.test].map((part) => new Set(part.patients));
    expect(parts.test.rows).toBe(2);
    expect([...patients[0]!].filter((patient) => patients[1]!.has(patient))).toEqual([]);
  });

  it('needs no labels to ask a finished model', async () => {
    const { parts, counts } = await load(folder(rows), { label: 'diagnosis' }, { labels: 'optional' });
    expect(counts).toMatchObject({ read: 12, kept: 12, otherLabel: 0 });
    expect([...parts.train.y]).toEqual(Array(12).fill(-1));
  });

  it('takes a class of one patient', async () => {
    const table = rows.map(([id, , file], row): Row => [id, row === 0 ? 'B' : 'A', file]);
    expect(describeDataset(await load(folder(table))).parts.train.perClass).toEqual([11, 1]);
  });

  it('serves one folder for several sites, and lets a site name its own table', async () => {
    const directory = folder(rows);
    const lab = (row: number) => (row < 6 ? 'north' : 'south');
    const lines = rows.map(([id, label, file], row) => `${lab(row)},${id},${file},${label}`);
    writeFileSync(join(directory, 'own.csv'), ['lab,cell,file,class', ...lines].join('\n'));
    const files = { samples: 'own.csv' };
    const only = { files, rows: { column: 'lab', equals: 'south' } };
    expect((await load(directory, {}, only)).ids.train).toEqual(['c6', 'c7', 'c8', 'c9', 'c10', 'c11']);
    expect((await fault(load(directory, {}, { files: {} }))).code).toBe('CSM-DATA-ROLE');
  });

  const missing = rows.map(([id, label], row): Row => [id, label, row < 7 ? `none${row}.png` : `cells/c${row}.png`]);
  const faults: readonly (readonly [string, readonly Row[], object, RegExp])[] = [
    ['more than half of its files missing', missing, {}, /^CSM-DATA-MOSTLY-FAULTY: .*reason is: file missing/],
    ['no class of the run', rows.map(([id, , file]): Row => [id, 'blast', file]), {}, /^CSM-DATA-NO-ROWS: .*no label/],
    ['no labels', rows.map(([id, , file]): Row => [id, '', file]), {}, /^CSM-DATA-NO-ROWS: .*every row is faulty/],
    ['no rows', [], {}, /^CSM-DATA-EMPTY: /],
    ['one class', rows.map(([id, , file]): Row => [id, 'A', file]), {}, /^CSM-DATA-ONE-CLASS: /],
    ['too few patients', rows.slice(0, 4), {}, /^CSM-COHORT-SMALL: /],
    ['no column of that name', rows, { file: 'image' }, /^CSM-DATA-COLUMN: cells\.csv has no column image/],
    ['no such table', rows, { files: { samples: 'cell.csv' } }, /^CSM-DATA-FILE: /],
  ];
  it.each(faults)('is refused with %s, in one line that names no patient', async (_, table, data, expected) => {
    const error = await fault(load(folder(table), data));
    expect(`${error.code}: ${error.message}`).toMatch(expected);
    expect(error.message + error.remedy).not.toMatch(/\bc\d|\bp\d|\n/);
  });

  it('stops when told to', async () => {
    await expect(load(folder(rows), {}, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});

describe('a path of the table', () => {
  it('never leads out of the folder, whatever it says', async () => {
    const directory = folder(rows);
    writeFileSync(join(root, 'secret'), 'secret');
    symlinkSync(root, join(directory, 'up'));
    const find = await openFolder(directory);
    const piece = fc.constantFrom(
      '..',
      '.',
      'up',
      'cells',
      'secret',
      'c1.png',
      '/',
      '\\',
      'C:',
      '',
      '%2e%2e',
      '\0',
      root,
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 6 }), fc.constantFrom('/', '\\', ''), async (pieces, between) => {
        const found = await find(pieces.join(between));
        if (typeof found === 'object') expect(found.path.startsWith(`${directory}/`)).toBe(true);
      }),
      { numRuns: 300 },
    );
    expect(await find('up/secret')).toBe('outside the folder');
  });
});
