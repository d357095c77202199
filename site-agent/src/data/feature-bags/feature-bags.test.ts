import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { lgfVector, parseIscn, readBands } from '@consilium/models/genetics';
import { type Contract, inputOf, makeContract, readRunFile } from '@consilium/shared/contract';
import { CodedError } from '@consilium/shared/errors';
import { consortiumId, runId } from '@consilium/shared/ids';
import { afterAll, describe, expect, it } from 'vitest';
import { dataFolders, type Files } from '../../testing/data-folders.js';
import { type Dataset, loadDataset } from '../index.js';
import { npy, safetensors } from './bags.fixture.js';

const { make: folder, remove } = dataFolders();
afterAll(remove);

const bands = ['5q31', '7q31', '8q24', '9q34'];
const terms = (data: string): Contract =>
  makeContract({
    ...{ consortium: consortiumId.parse('c'.repeat(32)), run: runId.parse('a'.repeat(32)) },
    ...{ files: { 'bands.txt': bands.join('\n') }, notAfter: new Date('2030-01-01') },
    runFile: readRunFile(`name: demo
model: { family: genbloom, preset: small, classes: [AML, healthy] }
data: { kind: feature-bags, id: patient, label: diagnosis, testShare: 0, width: 3, ${data} }
preparation: { scale: none }
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
validation: { share: 0 }
`),
  });
const byFile = 'file: bag, files: { samples: patients.csv }';
const withGenetics = `genetics: { karyotype: { column: iscn, bands: { file: bands.txt } }, mutations: { genes: [NPM1, FLT3] } }, ${byFile}`;

const patients = Array.from({ length: 8 }, (_, index) => `p${index}`);
/** Patient i has i + 1 cells. */
const bagOf = (index: number) => Float32Array.from({ length: 3 * (index + 1) }, (_, at) => 10 * index + at);
const iscn = ['46,XX', '47,XX,+8[10]', '', '45,XY,-7', '46,XX,del(5)(q31)', '46,XY', 'NA', '46,XX,t(9;22)(q34;q11.2)'];
const rowOf = (index: number, path = `bags/p${index}.npy`): string =>
  `p${index},${index % 2 ? 'AML' : 'healthy'},${path},"${iscn[index]}",${index % 2},${index === 3 ? '' : 1}`;
const table = (rows: readonly string[]): string => ['patient,diagnosis,bag,iscn,NPM1,FLT3', ...rows].join('\n');
const files: Files = {
  'patients.csv': table(patients.map((_, index) => rowOf(index))),
  ...Object.fromEntries(patients.map((patient, index) => [`bags/${patient}.npy`, npy(bagOf(index), 3)])),
};
const changed = (index: number, row: string): string =>
  table(patients.map((_, at) => (at === index ? row : rowOf(at))));
const load = (given: Files, data: string): Promise<Dataset> =>
  loadDataset({ directory: folder(given), contract: terms(data) });

async function faultOf(loading: Promise<unknown>): Promise<CodedError> {
  const thrown = await loading.then(
    () => null,
    (error: unknown) => error,
  );
  if (thrown instanceof CodedError) return thrown;
  throw thrown ?? new Error('the cohort was read');
}

function bagsOf({ parts: { train }, ids }: Dataset): ReadonlyMap<string, readonly number[]> {
  const { input } = train;
  if (input.kind !== 'bags') throw new TypeError('bags were expected');
  return new Map(
    ids.train.map((id, row) => [id, [...input.values.subarray(3 * input.starts[row]!, 3 * input.starts[row + 1]!)]]),
  );
}
const expected = new Map(patients.map((patient, index) => [patient, [...bagOf(index)]]));

describe('feature bags', () => {
  it('are read from a file each, below the folder', async () => {
    const dataset = await load(files, byFile);
    expect(bagsOf(dataset)).toEqual(expected);
    expect(dataset.features).toEqual(['v1', 'v2', 'v3']);
    expect([...dataset.parts.train.y]).toEqual([1, 0, 1, 0, 1, 0, 1, 0]);
    expect(dataset.parts.train.sides).toEqual({});
    expect(dataset.counts).toEqual({ read: 8, kept: 8, otherLabel: 0, quarantined: 0, missingFeatures: 0 });
  });

  it('are read from one file with an entry for each patient', async () => {
    const bags = Object.fromEntries(patients.map((patient, index) => [patient, bagOf(index)]));
    const one = { 'patients.csv': files['patients.csv']!, 'bags.safetensors': safetensors(bags, 3) };
    const data = 'files: { samples: patients.csv, features: bags.safetensors }';
    expect(bagsOf(await load(one, data))).toEqual(expected);
    const { p5: _, ...others } = bags;
    const dataset = await load({ ...one, 'bags.safetensors': safetensors(others, 3) }, data);
    expect(dataset.quarantine).toEqual([{ file: 'patients.csv', line: 7, reason: 'no bag of this sample' }]);
    const broken = { ...one, 'bags.safetensors': 'no such thing' };
    expect((await faultOf(load(broken, data))).code).toBe('CSM-DATA-BAG');
  });

  it('have karyotypes and mutations beside them, and what was not tested is not negative', async () => {
    const { parts, features } = await load(files, withGenetics);
    const { karyotype, mutations } = parts.train.sides;
    expect([karyotype?.width, mutations?.width]).toEqual([3 * bands.length, 2]);
    const width = 3 * bands.length;
    for (const [index, text] of iscn.entries()) {
      const own = [...karyotype!.values.subarray(index * width, (index + 1) * width)];
      if (text === '' || text === 'NA') expect(own.every(Number.isNaN)).toBe(true);
      else expect(own).toEqual([...lgfVector(parseIscn(text), readBands(bands))]);
    }
    expect([...mutations!.values.subarray(4, 10)]).toEqual([0, 1, 1, Number.NaN, 0, 1]);
    expect(features).toHaveLength(3 + width + 2);
    expect(features.slice(-3)).toEqual(['fusion 9q34', 'mutation NPM1', 'mutation FLT3']);
    const shape = inputOf(terms(withGenetics).runFile, features.length);
    expect(shape).toEqual({ kind: 'bags', width: 3, sides: { karyotype: width, mutations: 2 } });
  });

  it('have a gene untested in everybody where a site does not test it, which it is told', async () => {
    const data = withGenetics.replace('[NPM1, FLT3]', '[NPM1, RUNX1]');
    const dataset = await load(files, data);
    expect([...dataset.parts.train.sides.mutations!.values.subarray(0, 4)]).toEqual([0, Number.NaN, 1, Number.NaN]);
    expect(dataset.notes).toEqual([expect.stringMatching(/untested in everybody: RUNX1\.$/)]);
    const none = withGenetics.replace('[NPM1, FLT3]', '[RUNX1, NPM]');
    expect((await faultOf(load(files, none))).code).toBe('CSM-DATA-COLUMN');
  });

  const quarantined: readonly (readonly [string, Files, string | undefined])[] = [
    ['empty bag', { 'bags/p2.npy': npy(new Float32Array(0), 3) }, undefined],
    ['wrong width', { 'bags/p2.npy': npy(new Float32Array(8), 4) }, undefined],
    ['not finite', { 'bags/p2.npy': npy(Float32Array.of(1, 2, Number.NaN), 3) }, undefined],
    ['file unreadable', { 'bags/p2.npy': Buffer.from('what is this') }, undefined],
    ['file unreadable', { 'patients.csv': changed(2, rowOf(2, 'bags')) }, undefined],
    ['file missing', { 'patients.csv': changed(2, rowOf(2, 'bags/p22.npy')) }, undefined],
    ['outside the folder', { 'patients.csv': changed(2, rowOf(2, '../1/bags/p2.npy')) }, undefined],
    ['no file name', { 'patients.csv': changed(2, rowOf(2, '')) }, undefined],
    ['no label', { 'patients.csv': changed(2, 'p2,,bags/p2.npy,,,') }, undefined],
    ['karyotype not readable', { 'patients.csv': changed(2, 'p2,AML,bags/p2.npy,"46,XX,?",,') }, 'iscn'],
    ['neither 0 nor 1', { 'patients.csv': changed(2, 'p2,AML,bags/p2.npy,,yes,') }, 'NPM1'],
    ['neither 0 nor 1', { 'patients.csv': changed(2, 'p2,AML,bags/p2.npy,,,2') }, 'FLT3'],
  ];
  it.each(quarantined)('are set aside and counted: %s', async (reason, other, column) => {
    const dataset = await load({ ...files, ...other }, withGenetics);
    const row = { file: 'patients.csv', line: 4, reason, ...(column !== undefined && { column }) };
    expect(dataset.quarantine).toEqual([row]);
    expect(dataset.counts).toMatchObject({ read: 8, kept: 7, quarantined: 1 });
    expect(dataset.parts.train.rows).toBe(7);
  });

  it('are set aside when they hold fewer cells than the run wants', async () => {
    const dataset = await load(files, `minimumCells: 3, ${byFile}`);
    expect(dataset.quarantine.map(({ reason }) => reason)).toEqual(['too few cells', 'too few cells']);
  });

  it('are not read from outside of the folder, by a link either', async () => {
    const directory = folder(files);
    rmSync(join(directory, 'bags/p2.npy'));
    symlinkSync(join(folder(files), 'bags/p2.npy'), join(directory, 'bags/p2.npy'));
    const dataset = await loadDataset({ directory, contract: terms(byFile) });
    expect(dataset.quarantine.map(({ reason }) => reason)).toEqual(['outside the folder']);
  });

  it('are refused when more than half cannot be used', async () => {
    const narrow = patients.slice(0, 5).map((patient) => [`bags/${patient}.npy`, npy(new Float32Array(8), 4)]);
    const thrown = await faultOf(load({ ...files, ...Object.fromEntries(narrow) }, byFile));
    expect([thrown.code, thrown.details]).toEqual([
      'CSM-DATA-MOSTLY-FAULTY',
      { file: 'patients.csv', reason: 'wrong width' },
    ]);
  });

  const faults: readonly (readonly [string, Files, string, string])[] = [
    ['no table', {}, byFile, 'CSM-DATA-FILE'],
    ['no column of files', files, byFile.replace('file: bag', 'file: bags'), 'CSM-DATA-COLUMN'],
    ['no column of karyotypes', files, withGenetics.replace('column: iscn', 'column: karyotype'), 'CSM-DATA-COLUMN'],
    [
      'classes of another run',
      { ...files, 'patients.csv': table(patients.map((_, index) => rowOf(index).replace(/AML|healthy/, 'MDS'))) },
      byFile,
      'CSM-DATA-NO-ROWS',
    ],
    [
      'a class of nobody',
      { ...files, 'patients.csv': table(patients.map((_, index) => rowOf(index).replace('AML', 'healthy'))) },
      byFile,
      'CSM-DATA-ONE-CLASS',
    ],
    [
      'four patients',
      { ...files, 'patients.csv': table(patients.slice(0, 4).map((_, index) => rowOf(index))) },
      byFile,
      'CSM-COHORT-SMALL',
    ],
  ];
  it.each(faults)('are refused with %s', async (_, given, data, code) => {
    expect((await faultOf(load(given, data))).code).toBe(code);
  });
});

describe('a run file of feature bags', () => {
  it.each([
    ['neither a column of files nor a file of all', 'files: { samples: patients.csv }'],
    ['both of them', 'file: bag, files: { samples: patients.csv, features: bags.h5 }'],
    ['genetics without any', `genetics: {}, ${byFile}`],
    ['a gene twice', `genetics: { mutations: { genes: [NPM1, NPM1] } }, ${byFile}`],
    ['no width', `width: 0, ${byFile}`],
  ])('is refused with %s', (_, data) => {
    expect(() => terms(data)).toThrow(expect.objectContaining({ code: 'CSM-RUNFILE-INVALID' }));
  });

  it('is not signed with a list of bands that are none', () => {
    const { runFile } = terms(withGenetics);
    const signed = (text: string) => () =>
      makeContract({
        ...{ runFile, files: { 'bands.txt': text }, notAfter: new Date('2030-01-01') },
        ...{ consortium: consortiumId.parse('c'.repeat(32)), run: runId.parse('a'.repeat(32)) },
      });
    expect(signed('5q31\n5q31')).toThrow(expect.objectContaining({ code: 'CSM-RUNFILE-FEATURES' }));
  });
});
