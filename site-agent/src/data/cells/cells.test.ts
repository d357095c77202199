import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { asRows, denseRows, startsOf } from '@consilium/models/samples';
import { type Contract, contract, readRunFile } from '@consilium/shared/contract';
import { CodedError } from '@consilium/shared/errors';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type DataSource, type Dataset, loadDataset, partNames } from '../index.js';
import { inventedCells, matrixMarket, writeH5ad } from './cells.fixture.js';
import { readNames } from './names.js';
import { changedRows, takeColumns } from './rows.js';

const root = mkdtempSync(join(tmpdir(), 'cells-'));
afterAll(() => rmSync(root, { recursive: true }));

let folders = 0;
function folder(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  folders += 1;
  const path = join(root, String(folders));
  mkdirSync(path);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

const terms = (data: string, rest = ''): Contract =>
  contract.parse({
    format: 'consilium-contract-1',
    consortium: 'c'.repeat(32),
    run: 'a'.repeat(32),
    notAfter: '2026-01-01T00:00:00Z',
    files: {},
    runFile: readRunFile(`name: demo
model: { family: blood-autoencoder, classes: [A, B] }
data: { kind: cells, id: cell, label: kind, testShare: 0, ${data} }
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
validation: { share: 0 }
${rest}`),
  });

const given = inventedCells(12, 5);
const kindOf = (index: number): string => (index % 2 === 0 ? 'A' : 'B');
const samples = [
  'cell,kind,donor,site',
  ...given.cells.map((cell, i) => `${cell},${kindOf(i)},d${i >> 1},${i < 8 ? 'x' : 'y'}`),
].join('\n');
const market = {
  'matrix.mtx': matrixMarket(given),
  'genes.txt': given.genes.join('\n'),
  'cells.csv': samples,
};
const marketTerms = 'files: { features: matrix.mtx, genes: genes.txt, samples: cells.csv }';
const load = (directory: string, asked: Contract, rest: Partial<DataSource> = {}): Promise<Dataset> =>
  loadDataset({ directory, contract: asked, ...rest });

/** All cells of a dataset in full, by name. */
function tableOf({ parts, ids }: Dataset): ReadonlyMap<string, readonly number[]> {
  const rows = new Map<string, readonly number[]>();
  for (const name of partNames) {
    const { input } = parts[name];
    for (const [row, id] of ids[name].entries()) rows.set(id, [...denseRows(asRows(input), Int32Array.of(row))]);
  }
  return rows;
}
const expected = new Map(given.cells.map((cell, index) => [cell, given.counts[index]]));

async function fault(loading: Promise<unknown>): Promise<CodedError> {
  const thrown = await loading.then(
    () => null,
    (error: unknown) => error,
  );
  if (thrown instanceof CodedError) return thrown;
  throw thrown ?? new Error('the cohort was read');
}

describe('cells of a Matrix Market file', () => {
  it('are read sparse, each with its label and its patient', async () => {
    const dataset = await load(folder(market), terms(`patient: donor, ${marketTerms}`));
    const { train } = dataset.parts;
    expect(train.input.kind).toBe('sparse');
    expect(tableOf(dataset)).toEqual(expected);
    expect(dataset.features).toEqual(given.genes);
    expect([...train.y]).toEqual(given.cells.map((_, index) => index % 2));
    expect(new Set(train.patients).size).toBe(6);
    expect(dataset.counts).toEqual({ read: 12, kept: 12, otherLabel: 0, quarantined: 0, missingFeatures: 0 });
  });

  it('may lie with genes as rows, packed, with a list of barcodes, as pipelines write them', async () => {
    const directory = folder({
      'matrix.mtx.gz': gzipSync(matrixMarket(given, 'genes')),
      'features.tsv.gz': gzipSync(given.genes.map((gene) => `${gene}\tsymbol\tGene Expression`).join('\r\n')),
      'barcodes.tsv.gz': gzipSync(given.cells.join('\n')),
      'cells.csv': samples
        .split('\n')
        .toReversed()
        .join('\n')
        .replace(/^([\s\S]*)\n(cell,kind.*)$/, '$2\n$1'),
    });
    const names = 'features: matrix.mtx.gz, genes: features.tsv.gz, cells: barcodes.tsv.gz, samples: cells.csv';
    expect(tableOf(await load(directory, terms(`files: { ${names} }`)))).toEqual(expected);
  });

  it('are refused where a list of names unpacks to more than it may, behind short names, too', async () => {
    const path = join(folder({ 'genes.tsv.gz': gzipSync(`G\t${'x'.repeat(1_000)}\n`.repeat(100)) }), 'genes.tsv.gz');
    expect(await readNames(path)).toHaveLength(100);
    const error = await readNames(path, undefined, 50_000).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CSM-DATA-LARGE', details: { file: 'genes.tsv.gz', limit: '50000 bytes' } });
  });

  it('are changed by the declared transforms, still sparse where 0 stays 0', async () => {
    const asked = terms(`transforms: [{ perCell: 100 }, { log1p: all }], ${marketTerms}`);
    const dataset = await load(folder(market), asked);
    expect(dataset.parts.train.input.kind).toBe('sparse');
    const total = given.counts[1]!.reduce((sum, count) => sum + count, 0);
    expect(tableOf(dataset).get('cell-1')?.[0]).toBeCloseTo(Math.log1p((100 * 9) / total), 6);
    const full = await load(
      folder(market),
      terms(`transforms: [{ ln: { columns: all, floor: 0.5 } }], ${marketTerms}`),
    );
    expect(full.parts.train.input.kind).toBe('rows');
  });

  it('take the total of a cell over all genes, and then the listed ones', async () => {
    const asked = terms(`features: [G2, G1], transforms: [{ perCell: 100 }], ${marketTerms}`);
    const dataset = await load(folder(market), asked);
    const row = given.counts[3]!;
    const total = row.reduce((sum, count) => sum + count, 0);
    const [second, first] = tableOf(dataset).get('cell-3') ?? [];
    expect(first).toBeCloseTo((100 * row[0]!) / total, 5);
    expect(second).toBeCloseTo((100 * row[1]!) / total, 5);
  });

  it('serve several sites of one folder', async () => {
    const rows = { column: 'site', equals: 'x' };
    const dataset = await load(folder(market), terms(marketTerms), { rows });
    expect(dataset.counts).toMatchObject({ read: 8, kept: 8 });
    expect(tableOf(dataset)).toEqual(new Map([...expected].slice(0, 8)));
  });

  it('lack a listed gene as missing values, up to the share that the run allows', async () => {
    const listed = (share: number) => terms(`features: [G1, ABSENT, G2], missingFeatures: ${share}, ${marketTerms}`);
    const dataset = await load(folder(market), listed(0.4));
    expect(dataset.parts.train.input.kind).toBe('sparse');
    expect(tableOf(dataset).get('cell-1')).toEqual([9, Number.NaN, given.counts[1]![1]]);
    expect(dataset.counts.missingFeatures).toBe(1);
    expect((await fault(load(folder(market), listed(0.1)))).code).toBe('CSM-DATA-MISSING-FEATURES');
  });

  it('set aside what cannot be used, with its reason', async () => {
    const faulty = samples
      .replace('cell-2,A', 'cell-2,')
      .replace('cell-3,B', 'cell-3,C')
      .replace('cell-5,B', 'cell-4,B');
    const dataset = await load(folder({ ...market, 'cells.csv': faulty }), terms(marketTerms));
    expect(dataset.counts).toMatchObject({ read: 12, otherLabel: 1, quarantined: 3 });
    expect(dataset.quarantine.map(({ line, reason }) => [line, reason])).toEqual([
      [3, 'no label'],
      [5, 'id twice'],
      [6, 'id twice'],
    ]);
  });

  const faults: readonly (readonly [string, Readonly<Record<string, string>>, string, RegExp])[] = [
    ['no file', {}, marketTerms, /^CSM-DATA-FILE/],
    [
      'a matrix that is cut short',
      { 'matrix.mtx': market['matrix.mtx'].slice(0, 150) },
      marketTerms,
      /^CSM-DATA-MATRIX-MARKET/,
    ],
    ['too few names of genes', { 'genes.txt': 'G1\nG2' }, marketTerms, /^CSM-DATA-CELLS: .*not as many as/],
    ['a gene twice', { 'genes.txt': 'G1\nG2\nG3\nG4\nG2' }, marketTerms, /^CSM-DATA-COLUMN-TWICE/],
    ['no names of genes', {}, 'files: { features: matrix.mtx, samples: cells.csv }', /^CSM-DATA-CELLS: .*files\.genes/],
    ['no names of cells', {}, 'files: { features: matrix.mtx, genes: genes.txt }', /^CSM-DATA-CELLS: .*files\.cells/],
    [
      'a second matrix',
      {},
      'files: { features: [matrix.mtx, other.mtx], genes: genes.txt, samples: cells.csv }',
      /^CSM-DATA-CELLS: .*AnnData/,
    ],
    ['unknown labels alone', { 'cells.csv': samples.replaceAll(/,[AB],/g, ',C,') }, marketTerms, /^CSM-DATA-NO-ROWS/],
    [
      'most labels missing',
      { 'cells.csv': samples.replaceAll(/(cell-[0-7]),[AB],/g, '$1,,') },
      marketTerms,
      /^CSM-DATA-MOSTLY-FAULTY/,
    ],
    [
      'a transform of a gene that is not there',
      {},
      `transforms: [{ log1p: [G9] }], ${marketTerms}`,
      /^CSM-DATA-COLUMN: .*G9/,
    ],
  ];
  it.each(faults)('are refused with %s', async (name, files, data, error) => {
    const thrown = await fault(load(name === 'no file' ? folder() : folder({ ...market, ...files }), terms(data)));
    expect(`${thrown.code}: ${thrown.message}`).toMatch(error);
  });

  it('are refused where a cell stands in two parts of the split, under another name', async () => {
    const many = inventedCells(12, 100);
    const split = many.cells.map((cell, index) => `${cell},${index < 10 ? 'train' : 'test'}`);
    const files = {
      'genes.txt': many.genes.join('\n'),
      'cells.csv': samples,
      'split.csv': ['cell,split', ...split].join('\n'),
    };
    const asked = terms(`patient: donor, ${marketTerms.replace('}', ', split: split.csv }')}`);
    const read = (counts: (typeof many)['counts']) =>
      load(folder({ ...files, 'matrix.mtx': matrixMarket({ ...many, counts }) }), asked);
    expect((await read(many.counts)).parts.test.rows).toBe(2);
    const copied = many.counts.map((row, index) => (index === 11 ? many.counts[3]! : row));
    const { code, details } = await fault(read(copied));
    expect(code).toBe('CSM-DATA-UNTRUSTED');
    expect(details.problems).toBe('the same values stand in two parts of the split');
    expect(details.places).toMatch(/^line \d+ of \S+ and line \d+ of /);
    // Within one part a copy is no leak.
    expect((await read(many.counts.map((row, index) => (index === 2 ? many.counts[3]! : row)))).parts.train.rows).toBe(
      10,
    );
  });

  it('are refused where nothing says which of two equal sides the cells are', async () => {
    const square = inventedCells(6, 6);
    const directory = folder({
      'matrix.mtx': matrixMarket(square),
      'genes.txt': square.genes.join('\n'),
      'cells.txt': square.cells.join('\n'),
      'cells.csv': samples,
    });
    const asked = terms('files: { features: matrix.mtx, genes: genes.txt, cells: cells.txt, samples: cells.csv }');
    expect((await fault(load(directory, asked))).code).toBe('CSM-DATA-CELLS');
  });

  it('are refused where all patients of a class but one label are of one class', async () => {
    const one = { ...market, 'cells.csv': samples.replaceAll(',B,', ',A,') };
    expect((await fault(load(folder(one), terms(marketTerms)))).code).toBe('CSM-DATA-ONE-CLASS');
  });
});

describe('cells of AnnData files', () => {
  const columns = {
    kind: given.cells.map((_, index) => kindOf(index)),
    donor: given.cells.map((_, index) => `d${index >> 1}`),
  };
  const h5Terms = (files = 'features: cells.h5ad') => terms(`patient: donor, files: { ${files} }`);

  it.each([false, true])('bring labels and patients of their own; dense: %s', async (dense) => {
    const directory = folder();
    await writeH5ad(join(directory, 'cells.h5ad'), given, { columns, dense });
    const dataset = await load(directory, h5Terms());
    expect(dataset.parts.train.input.kind).toBe(dense ? 'rows' : 'sparse');
    expect(tableOf(dataset)).toEqual(expected);
    expect(new Set(dataset.parts.train.patients).size).toBe(6);
  });

  it('may be several with the same genes, in any order, some dense', async () => {
    const directory = folder();
    const part = (from: number, to: number, genes: readonly number[]) => ({
      cells: given.cells.slice(from, to),
      genes: genes.map((gene) => given.genes[gene]!),
      counts: given.counts.slice(from, to).map((row) => genes.map((gene) => row[gene]!)),
    });
    const pick = (from: number, to: number) => ({
      columns: { kind: columns.kind.slice(from, to), donor: columns.donor.slice(from, to) },
    });
    await writeH5ad(join(directory, 'a.h5ad'), part(0, 6, [0, 1, 2, 3, 4]), pick(0, 6));
    await writeH5ad(join(directory, 'b.h5ad'), part(6, 12, [4, 2, 0, 1, 3]), { ...pick(6, 12), dense: true });
    await writeH5ad(join(directory, 'c.h5ad'), part(6, 12, [4, 2, 0, 1]), pick(6, 12));
    expect(tableOf(await load(directory, h5Terms('features: [a.h5ad, b.h5ad]')))).toEqual(expected);
    expect((await fault(load(directory, h5Terms('features: [a.h5ad, c.h5ad]')))).code).toBe('CSM-DATA-COLUMNS-DIFFER');
  });

  it('take the sample table’s word first', async () => {
    const directory = folder({ 'cells.csv': samples.replace('cell-2,A', 'cell-2,B') });
    await writeH5ad(join(directory, 'cells.h5ad'), given, { columns });
    const { parts, ids } = await load(directory, h5Terms('features: cells.h5ad, samples: cells.csv'));
    expect(parts.train.y[ids.train.indexOf('cell-2')]).toBe(1);
  });

  it('are refused when the file is damaged or has no such matrix', async () => {
    const directory = folder();
    await writeH5ad(join(directory, 'cells.h5ad'), given, { columns });
    const whole = readFileSync(join(directory, 'cells.h5ad'));
    writeFileSync(join(directory, 'short.h5ad'), whole.subarray(0, whole.length / 2));
    expect((await fault(load(directory, h5Terms('features: short.h5ad')))).code).toBe('CSM-DATA-H5AD');
    const layered = terms('patient: donor, layer: counts, files: { features: cells.h5ad }');
    expect((await fault(load(directory, layered))).code).toBe('CSM-DATA-H5AD');
  });
});

const values = fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }), {
  minLength: 1,
  maxLength: 5,
});
const [sparse, dense] = [
  (table: readonly (readonly number[])[]) => {
    const rows = table.map((row) => row.flatMap((value, column) => (value === 0 ? [] : [{ value, column }])));
    return {
      ...{ kind: 'sparse' as const, rows: table.length, width: 4 },
      starts: startsOf(rows.map(({ length }) => length)),
      columns: Int32Array.from(rows.flat(), ({ column }) => column),
      values: Float32Array.from(rows.flat(), ({ value }) => value),
    };
  },
  (table: readonly (readonly number[])[]) => ({
    ...{ kind: 'rows' as const, rows: table.length, width: 4 },
    values: Float32Array.from(table.flat()),
  }),
];

describe('rows of cells', () => {
  it('are taken and changed alike, dense or sparse', () => {
    const double = {
      keepsZeros: true,
      apply: ({ values: row }: { values: Float64Array }) =>
        void row.forEach((value, at) => {
          row[at] = 2 * value;
        }),
    };
    const columns = fc.shuffledSubarray([0, 1, 2, 3, -1], { minLength: 1 });
    fc.assert(
      fc.property(values, columns, (table, wanted) => {
        const every = Int32Array.from(table.keys());
        const [one, other] = [sparse(table), dense(table)].map((input) =>
          denseRows(takeColumns(changedRows(input, double), wanted), every),
        );
        expect(one).toEqual(other);
        expect([...one!]).toEqual(
          table.flatMap((row) => wanted.map((column) => (column < 0 ? Number.NaN : 2 * row[column]!))),
        );
      }),
    );
  });
});
