import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asRows } from '@consilium/models/samples';
import { type Contract, contract, type RunFile, readRunFile } from '@consilium/shared/contract';
import { CodedError } from '@consilium/shared/errors';
import { afterAll, describe, expect, it } from 'vitest';
import { type DataSource, describe as describeDataset, loadDataset, type Part } from './index.js';

const root = mkdtempSync(join(tmpdir(), 'cohort-'));
afterAll(() => rmSync(root, { recursive: true }));

let folders = 0;
function folder(files: Readonly<Record<string, string>>): string {
  folders += 1;
  const path = join(root, String(folders));
  mkdirSync(path);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

const base = readRunFile(`name: demo
model: { family: attention-aml, classes: [A, B] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv } }
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
validation: { share: 0 }
`);
const terms = (data: Partial<RunFile['data']> = {}, run: Partial<RunFile> = {}): Contract =>
  contract.parse({
    format: 'consilium-contract-1',
    consortium: 'c'.repeat(32),
    run: 'a'.repeat(32),
    notAfter: '2026-01-01T00:00:00Z',
    files: {},
    runFile: { ...base, ...run, data: { ...base.data, testShare: 0, ...data } },
  });

/** Six patients of each class, two genes. */
const numbers = [...Array(12)].map((_, index) => index);
const table = (extra: readonly string[] = []): string =>
  [
    'sample,subtype,G2,G1,note',
    ...numbers.map((i) => `s${i},${i % 2 ? 'B' : 'A'},${i},${i / 2},free text`),
    ...extra,
    '',
  ].join('\n');
const load = (
  files: Readonly<Record<string, string>>,
  data?: Partial<RunFile['data']>,
  rest: Partial<DataSource> = {},
) => loadDataset({ directory: folder(files), contract: terms(data), ...rest });
const fault = async (loading: Promise<unknown>): Promise<CodedError> => {
  const thrown = await loading.then(
    () => null,
    (error: unknown) => error,
  );
  if (thrown instanceof CodedError) return thrown;
  throw thrown ?? new Error('the cohort was read');
};

/** Values of a part, row by row. */
const valuesOf = ({ input }: Part): readonly number[] => [...asRows(input).values];

describe('an expression table', () => {
  it('gives the numeric columns, sorted, and the labels as class indices', async () => {
    const dataset = await load({ 'expression.csv': table() });
    expect(dataset.features).toEqual(['G1', 'G2']);
    expect(dataset.parts.train.rows).toBe(12);
    expect([...dataset.parts.train.y.slice(0, 3)]).toEqual([0, 1, 0]);
    expect([...valuesOf(dataset.parts.train).slice(0, 6)]).toEqual([0, 0, 0.5, 1, 1, 2]);
    expect(new Set(dataset.parts.train.patients).size).toBe(12);
    expect(dataset.ids.train.slice(0, 3)).toEqual(['s0', 's1', 's2']);
  });

  it('sets faulty rows aside with file, line and reason, and counts other labels', async () => {
    const bad = [
      's0,A,1,1,twice',
      ',A,1,1,no id',
      's20,,1,1,no label',
      's21,A,1',
      's22,B,haemolysed,1,x',
      's23,C,1,1,other',
      's24,A,,NA,missing',
    ];
    const dataset = await load({ 'expression.csv': table(bad) });
    expect(dataset.quarantine).toEqual([
      { file: 'expression.csv', line: 14, reason: 'id twice' },
      { file: 'expression.csv', line: 15, reason: 'no id' },
      { file: 'expression.csv', line: 16, reason: 'no label' },
      { file: 'expression.csv', line: 17, reason: 'ragged row' },
      { file: 'expression.csv', line: 18, reason: 'not a number', column: 'G2' },
    ]);
    expect(dataset.counts).toEqual({ read: 19, kept: 13, otherLabel: 1, quarantined: 5, missingFeatures: 0 });
    expect([...valuesOf(dataset.parts.train).slice(-2)]).toEqual([Number.NaN, Number.NaN]);
    expect(describeDataset(dataset)).toMatchObject({
      quarantine: { 'id twice': 1, 'not a number': 1 },
      parts: { train: { samples: 13, patients: 13, perClass: [7, 6] } },
      missingValues: 2 / 26,
    });
  });

  it('joins a sample table by id, in any order, and refuses rows that it does not know', async () => {
    const features = ['sample,G1', ...numbers.map((i) => `s${i},${i}`), 'stranger,1'].join('\n');
    const samples = [
      'subtype,sample,patient',
      ...numbers.toReversed().map((i) => `${i % 2 ? 'B' : 'A'},s${i},p${i >> 1}`),
    ].join('\n');
    const dataset = await load(
      { 'expression.csv': features, 'samples.csv': samples },
      { patient: 'patient', files: { features: 'expression.csv', samples: 'samples.csv' } },
    );
    expect([...dataset.parts.train.y.slice(0, 2)]).toEqual([0, 1]);
    expect(new Set(dataset.parts.train.patients).size).toBe(6);
    expect(dataset.quarantine.map(({ reason }) => reason)).toEqual(['no entry in the sample table']);
  });

  it('quarantines a sample that the sample table describes in two ways', async () => {
    const samples = ['sample,subtype', ...numbers.map((i) => `s${i},${i % 2 ? 'B' : 'A'}`), 's3,A', 's4,A'].join('\n');
    const features = ['sample,G1', ...numbers.map((i) => `s${i},${i}`)].join('\n');
    const dataset = await load(
      { 'expression.csv': features, 'samples.csv': samples },
      { files: { features: 'expression.csv', samples: 'samples.csv' } },
    );
    expect(dataset.quarantine).toEqual([{ file: 'expression.csv', line: 5, reason: 'id twice' }]);
  });

  it('reads several files as one, columns in any order', async () => {
    const more = ['G1,note,sample,subtype,G2', '1,x,t1,A,2', ''].join('\n');
    const files = { features: ['expression.csv', 'more.csv'] };
    const dataset = await load({ 'expression.csv': table(), 'more.csv': more }, { files });
    expect(dataset.parts.train.rows).toBe(13);
    expect([...valuesOf(dataset.parts.train).slice(-2)]).toEqual([1, 2]);
    const lacking = await fault(
      load({ 'expression.csv': table(), 'more.csv': 'sample,subtype,G1,note\nt1,A,1,x\n' }, { files }),
    );
    expect(lacking.message).toBe('more.csv has no column G2, which expression.csv has.');
  });

  it('serves one folder for several sites by a column', async () => {
    const pooled = [
      'sample,subtype,site,G1',
      ...numbers.flatMap((i) => ['x', 'y'].map((site) => `${site}${i},${i % 2 ? 'B' : 'A'},${site},${i}`)),
    ].join('\n');
    const files = { 'expression.csv': pooled };
    const rows = { column: 'site', equals: 'x' };
    expect((await load(files, {}, { rows })).counts.read).toBe(12);
    expect((await fault(load(files, {}, { rows: { column: 'site', equals: 'z' } }))).code).toBe('CSM-DATA-NO-ROWS');
    expect((await fault(load(files, {}, { rows: { column: 'sitte', equals: 'x' } }))).message).toContain(
      'did you mean site?',
    );
  });

  it('lets a site name its own files', async () => {
    const dataset = await load({ 'own.csv': table() }, {}, { files: { features: 'own.csv' } });
    expect(dataset.parts.train.rows).toBe(12);
  });

  it('follows the listed features, in their order; an absent one is missing everywhere and counted', async () => {
    const dataset = await load(
      { 'expression.csv': table() },
      { features: ['G2', 'ABSENT', 'G1'], missingFeatures: 0.4 },
    );
    expect(dataset.features).toEqual(['G2', 'ABSENT', 'G1']);
    expect([...valuesOf(dataset.parts.train).slice(3, 6)]).toEqual([1, Number.NaN, 0.5]);
    expect(dataset.counts.missingFeatures).toBe(1);
    const error = await fault(load({ 'expression.csv': table() }, { features: ['G2', 'ABSENT', 'G1'] }));
    expect(error.code).toBe('CSM-DATA-MISSING-FEATURES');
  });

  it('does the declared transforms', async () => {
    const dataset = await load({ 'expression.csv': table() }, { transforms: [{ log1p: ['G2'] }] });
    expect(valuesOf(dataset.parts.train)[3]).toBe(Math.fround(Math.log(2)));
  });

  it('brings a row to a total of all its columns, also where few of them are features', async () => {
    const transforms = [{ perCell: 90 }];
    for (const features of ['common' as const, ['G1']]) {
      const { parts } = await load({ 'expression.csv': table() }, { features, transforms });
      const { width, values } = asRows(parts.train.input);
      // The second patient: G1 is 0.5 and G2 is 1.
      expect(values[width]).toBe(30);
    }
  });

  it('follows a split file and leaves out what it does not name', async () => {
    const split = ['sample,split', ...numbers.slice(1).map((i) => `s${i},${i > 7 ? 'test' : 'train'}`)].join('\n');
    const files = { features: 'expression.csv', split: 'split.csv' };
    const dataset = await load({ 'expression.csv': table(), 'split.csv': split }, { files });
    expect([dataset.parts.train.rows, dataset.parts.test.rows]).toEqual([7, 4]);
    expect(dataset.quarantine).toEqual([{ file: 'expression.csv', line: 2, reason: 'no part in the split file' }]);
  });

  const split = (rows: readonly string[]): string => ['sample,split', ...rows].join('\n');
  const whole = numbers.map((i) => `s${i},train`);
  const withSplit = { files: { features: 'expression.csv', split: 'split.csv' } };
  const faults: readonly (readonly [string, Readonly<Record<string, string>>, Partial<RunFile['data']>, RegExp])[] = [
    ['no file', {}, {}, /^CSM-DATA-FILE: There is no file expression\.csv/],
    ['a header alone', { 'expression.csv': 'sample,subtype,G1\n' }, {}, /^CSM-DATA-EMPTY: expression\.csv/],
    [
      'no id column',
      { 'expression.csv': 'samples,subtype,G1\ns1,A,1\n' },
      {},
      /^CSM-DATA-COLUMN: expression\.csv has no column sample \(did you mean samples\?\)/,
    ],
    [
      'no label column',
      { 'expression.csv': table().replace('subtype', 'Subtyp') },
      {},
      /^CSM-DATA-COLUMN: .*subtype \(did you mean Subtyp\?\)/,
    ],
    [
      'no class of the run',
      { 'expression.csv': table().replaceAll(/,[AB],/g, ',C,') },
      {},
      /^CSM-DATA-NO-ROWS: .*no label in column subtype/,
    ],
    [
      'faulty rows alone',
      { 'expression.csv': table().replaceAll(/,[AB],/g, ',,') },
      {},
      /^CSM-DATA-NO-ROWS: .*every row is faulty/,
    ],
    ['one class only', { 'expression.csv': table().replaceAll(',B,', ',A,') }, {}, /^CSM-DATA-ONE-CLASS: /],
    ['decimal commas', { 'expression.csv': 'sample;subtype;G1\ns1;A;1,5\ns2;B;2,5\n' }, {}, /^CSM-DATA-NO-FEATURES: /],
    [
      'a listed column of text',
      { 'expression.csv': table() },
      { features: ['G1', 'note'] },
      /^CSM-DATA-NOT-NUMERIC: Column note/,
    ],
    [
      'a transform of a column that is not there',
      { 'expression.csv': table() },
      { transforms: [{ log1p: ['G3'] }] },
      /^CSM-DATA-COLUMN: .*G3 \(did you mean G1 or G2\?\)/,
    ],
    [
      'too few patients',
      { 'expression.csv': table().split('\n').slice(0, 5).join('\n') },
      {},
      /^CSM-COHORT-SMALL: Fewer than 5 patients/,
    ],
    [
      'a patient in two parts',
      { 'expression.csv': table(), 'split.csv': split([...whole, 's1,test']) },
      withSplit,
      /^CSM-DATA-SPLIT-STRADDLE: split\.csv puts 1 patients/,
    ],
    [
      'an unknown part',
      { 'expression.csv': table(), 'split.csv': split([...whole, 's1,holdout']) },
      withSplit,
      /^CSM-DATA-SPLIT-VALUE: split\.csv names an unknown part at line 14/,
    ],
    [
      'a split file without split',
      { 'expression.csv': table(), 'split.csv': 'sample,part\ns1,train' },
      withSplit,
      /^CSM-DATA-COLUMN: split\.csv has no column split/,
    ],
    [
      'a second file without a header',
      { 'a.csv': table(), 'b.csv': 's90,A,90,45,free text\ns91,B,91,45.5,free text\n' },
      { files: { features: ['a.csv', 'b.csv'] } },
      /^CSM-DATA-COLUMN: b\.csv has no column sample\.$/,
    ],
  ];
  it.each(faults)('is refused with %s, in one line that names no patient', async (_, files, data, expected) => {
    const error = await fault(load(files, data));
    expect(`${error.code}: ${error.message}`).toMatch(expected);
    expect(error.message + error.remedy).not.toMatch(/\bs\d|free text|\n/);
  });

  it('stops when told to', async () => {
    const loading = load({ 'expression.csv': table() }, {}, { signal: AbortSignal.abort() });
    await expect(loading).rejects.toThrow(/abort/i);
  });
});

describe('a table whose labels are optional', () => {
  const optional = { labels: 'optional' } as const;
  const yOf = async (loading: ReturnType<typeof load>) => [...(await loading).parts.train.y];

  it('keeps rows of no label and of another class, and says of neither what it is', async () => {
    const files = { 'expression.csv': table(['s12,,3,1,text', 's13,C,3,1,text']) };
    expect(await yOf(load(files, {}, optional))).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, -1, -1]);
  });

  it('needs no column of them', async () => {
    const files = { 'expression.csv': table().replace('subtype', 'other') };
    expect((await fault(load(files))).code).toBe('CSM-DATA-COLUMN');
    expect(await yOf(load(files, { features: ['G1', 'G2'] }, optional))).toEqual(Array(12).fill(-1));
  });

  it('needs no entry in the sample table, and no second class', async () => {
    const files = { 'expression.csv': table().replace('subtype', 'other'), 'samples.csv': 'sample,subtype\ns3,A\n' };
    const tables = { features: 'expression.csv', samples: 'samples.csv' };
    const dataset = await load(files, { features: ['G1', 'G2'], files: tables }, optional);
    expect(dataset.counts).toMatchObject({ read: 12, kept: 12, quarantined: 0 });
    expect([...dataset.parts.train.y]).toEqual(Array.from({ length: 12 }, (_, row) => (row === 3 ? 0 : -1)));
  });
});
