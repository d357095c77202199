import { join } from 'node:path';
import { type Contract, contract, readRunFile, stagesOf } from '@consilium/shared/contract';
import { readCohort } from '@consilium/shared/statistics';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { loadCohort } from '../exported/index.js';
import { cohortStatistics } from '../preparation/index.js';
import { dataFolders } from '../testing/data-folders.js';
import { inventedCells, matrixMarket, writeH5ad } from './cells/cells.fixture.js';
import { safetensors } from './feature-bags/bags.fixture.js';
import { type DataSource, type Dataset, loadDataset, partNames, samplesOfStage } from './index.js';

const { make: folder, remove } = dataFolders();
afterAll(remove);

const looked = 'group: lineage, groups: [mono, prog]';
const terms = (data: string, stages = '', more = ''): Contract =>
  contract.parse({
    ...{ format: 'consilium-contract-1', consortium: 'c'.repeat(32), run: 'a'.repeat(32), files: {} },
    notAfter: '2026-01-01T00:00:00Z',
    runFile: readRunFile(`name: demo
model: { family: some-family, preset: small, classes: [A, B] }
data: { testShare: 0, ${data} }
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
${stages && `stages: [${stages}]`}
validation: { share: 0 ${more}}
`),
  });

const twelve = [...Array(12).keys()];
/** Every sample of each class twice in a lineage, and one of three lineages in turn. */
const labelOf = (index: number) => (index % 2 ? 'B' : 'A');
const lineageOf = (index: number) => ['prog', 'mono', 'other'][Math.floor(index / 2) % 3]!;
const wanted = twelve.filter((index) => lineageOf(index) !== 'other');

/** Group of each sample of the training part, by id. */
const groupsIn = ({ parts: { train }, ids }: Dataset) =>
  Object.fromEntries(ids.train.map((id, row) => [id, train.groups?.[row]]));
const expected = (prefix: string) =>
  Object.fromEntries(wanted.map((index) => [`${prefix}${index}`, lineageOf(index) === 'mono' ? 0 : 1]));

describe('the column of groups', () => {
  const table = [
    'sample,subtype,lineage,G1,G2',
    ...twelve.map((i) => `s${i},${labelOf(i)},${lineageOf(i)},${i},1`),
    '',
  ];
  const kind = 'kind: expression-table, label: subtype, files: { features: expression.csv }';

  it('is read from a table of features, and is none of them; rows of other groups are counted', async () => {
    const files = { 'expression.csv': [...table, 's12,,other,1,1', 's13,A,,1,1', 's14,,prog,1,1', ''].join('\n') };
    const dataset = await loadDataset({ directory: folder(files), contract: terms(`${kind}, ${looked}`) });
    expect(groupsIn(dataset)).toEqual(expected('s'));
    expect(dataset.features).toEqual(['G1', 'G2']);
    expect(dataset.counts).toEqual({ read: 15, kept: 8, otherLabel: 6, quarantined: 1, missingFeatures: 0 });
    expect(dataset.quarantine).toEqual([{ file: 'expression.csv', line: 17, reason: 'no label' }]);
  });

  it('is read from the sample table first', async () => {
    const files = {
      'expression.csv': table.join('\n'),
      'samples.csv': ['sample,lineage', ...twelve.map((i) => `s${i},${i < 6 ? 'mono' : 'prog'}`)].join('\n'),
    };
    const data = `${kind.replace('expression.csv', 'expression.csv, samples: samples.csv')}, ${looked}`;
    const dataset = await loadDataset({ directory: folder(files), contract: terms(data) });
    expect(groupsIn(dataset)).toEqual(Object.fromEntries(twelve.map((i) => [`s${i}`, i < 6 ? 0 : 1])));
  });

  it('is missed where no table has it, and where nobody is of a group of the run', async () => {
    const load = (data: string) =>
      loadDataset({ directory: folder({ 'expression.csv': table.join('\n') }), contract: terms(data) });
    await expect(load(`${kind}, group: linaege, groups: [prog]`)).rejects.toMatchObject({
      code: 'CSM-DATA-COLUMN',
      message: expect.stringContaining('did you mean lineage'),
    });
    await expect(load(`${kind}, group: lineage, groups: [stroma]`)).rejects.toMatchObject({ code: 'CSM-DATA-NO-ROWS' });
  });

  it('is no matter where a run looks at none', async () => {
    const dataset = await loadDataset({
      directory: folder({ 'expression.csv': table.join('\n') }),
      contract: terms(kind),
    });
    expect(dataset.parts.train).toMatchObject({ rows: 12, groups: null });
  });

  it('is read of cells in a matrix and in AnnData', async () => {
    const given = inventedCells(12, 5);
    const samples = ['cell,kind,lineage', ...given.cells.map((cell, i) => `${cell},${labelOf(i)},${lineageOf(i)}`)];
    const market = folder({
      'matrix.mtx': matrixMarket(given),
      'genes.txt': given.genes.join('\n'),
      'cells.csv': samples.join('\n'),
    });
    const h5ad = folder({});
    const columns = { kind: twelve.map(labelOf), lineage: twelve.map(lineageOf) };
    await writeH5ad(join(h5ad, 'cells.h5ad'), given, { columns });
    const cells = `kind: cells, id: cell, label: kind, ${looked}`;
    for (const [directory, files] of [
      [market, '{ features: matrix.mtx, genes: genes.txt, samples: cells.csv }'],
      [h5ad, '{ features: cells.h5ad }'],
    ] as const) {
      const dataset = await loadDataset({ directory, contract: terms(`${cells}, files: ${files}`) });
      expect(groupsIn(dataset)).toEqual(expected('cell-'));
    }
  });

  it('is read of images and of bags', async () => {
    const rows = twelve.map((i) => `s${i},${labelOf(i)},${lineageOf(i)},s${i}.png`);
    const pictures = twelve.map(async (i) => {
      const pixels = Buffer.alloc(192, 3 * i);
      return [
        `s${i}.png`,
        await sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } })
          .png()
          .toBuffer(),
      ] as const;
    });
    const images = folder({
      ...Object.fromEntries(await Promise.all(pictures)),
      'cells.csv': ['sample,subtype,lineage,file', ...rows].join('\n'),
    });
    const bags = folder({
      'patients.csv': ['sample,subtype,lineage', ...rows].join('\n').replace(/,s\d+\.png/g, ''),
      'bags.safetensors': safetensors(Object.fromEntries(twelve.map((i) => [`s${i}`, Float32Array.of(i, 1, 2)])), 3),
    });
    for (const [directory, data] of [
      [images, 'kind: images, side: 8, files: { samples: cells.csv }'],
      [bags, 'kind: feature-bags, width: 3, files: { samples: patients.csv, features: bags.safetensors }'],
    ] as const) {
      const dataset = await loadDataset({ directory, contract: terms(`${data}, label: subtype, ${looked}`) });
      expect(groupsIn(dataset)).toEqual(expected('s'));
    }
  });
});

describe('columns of subgroups', () => {
  const kind = 'kind: expression-table, label: subtype, files: { features: expression.csv';
  const named = ', subgroups: [{ column: sex }, { column: age, bands: [18] }]';
  const sexOf = (index: number) => ['F', 'M', ''][index % 3]!;
  const statedIn = ({ stated, ids }: Dataset) =>
    Object.fromEntries(ids.train.map((id, row) => [id, stated?.train[row]]));
  const expression = (more = '', of: (index: number) => string = () => '') =>
    [`sample,subtype${more},G1,G2`, ...twelve.map((i) => `s${i},${labelOf(i)}${of(i)},${i},1`)].join('\n');

  it('are read from the sample table first, then from a table of features; they change nothing else', async () => {
    const files = {
      'expression.csv': expression(',sex,age', (i) => `,X,${10 + i}`),
      'samples.csv': ['sample,sex', ...twelve.map((i) => `s${i},${sexOf(i)}`)].join('\n'),
    };
    const data = `${kind}, samples: samples.csv }`;
    const directory = folder(files);
    const dataset = await loadDataset({ directory, contract: terms(data, '', named) });
    expect(statedIn(dataset)).toEqual(
      Object.fromEntries(twelve.map((i) => [`s${i}`, [sexOf(i) || null, String(10 + i)]])),
    );
    const { stated: _, ...rest } = dataset;
    const { stated: __, ...without } = await loadDataset({ directory, contract: terms(data) });
    expect(rest).toEqual(without);
  });

  it('are not stated of anybody at a site that has none, which is told so', async () => {
    const directory = folder({ 'expression.csv': expression(',age', (i) => `,${i}`) });
    const dataset = await loadDataset({ directory, contract: terms(`${kind} }`, '', named) });
    expect(statedIn(dataset).s3).toEqual([undefined, '3']);
    expect(dataset.notes).toEqual(['Without a column here, and so not stated of anybody: sex.']);
    expect(dataset.counts).toMatchObject({ kept: 12, quarantined: 0 });
  });

  it('are not stated of a sample that two rows tell differently; it is no fault', async () => {
    const rows = twelve.flatMap((i) => [`s${i},F,30`, ...(i === 4 ? ['s4,M,30'] : [])]);
    const files = { 'expression.csv': expression(), 'samples.csv': ['sample,sex,age', ...rows].join('\n') };
    const contract = terms(`${kind}, samples: samples.csv }`, '', named);
    const dataset = await loadDataset({ directory: folder(files), contract });
    expect(statedIn(dataset)).toMatchObject({ s3: ['F', '30'], s4: [null, '30'] });
    expect(dataset.quarantine).toEqual([]);
  });

  it('are read of cells, of images and of bags', async () => {
    const given = inventedCells(12, 5);
    const h5ad = folder({});
    const columns = { kind: twelve.map(labelOf), sex: twelve.map((i) => sexOf(i)), age: twelve.map(String) };
    await writeH5ad(join(h5ad, 'cells.h5ad'), given, { columns });
    const market = folder({
      'matrix.mtx': matrixMarket(given),
      'genes.txt': given.genes.join('\n'),
      'cells.csv': [
        'cell,kind,sex,age',
        ...given.cells.map((cell, i) => `${cell},${labelOf(i)},${sexOf(i)},${i}`),
      ].join('\n'),
    });
    const rows = twelve.map((i) => `s${i},${labelOf(i)},${sexOf(i)},${i},s${i}.png`);
    const pictures = twelve.map(async (i) => {
      const raw = { width: 8, height: 8, channels: 3 } as const;
      return [
        `s${i}.png`,
        await sharp(Buffer.alloc(192, 3 * i), { raw })
          .png()
          .toBuffer(),
      ] as const;
    });
    const table = ['sample,subtype,sex,age,file', ...rows].join('\n');
    const images = folder({ ...Object.fromEntries(await Promise.all(pictures)), 'cells.csv': table });
    const bags = folder({
      'patients.csv': table,
      'bags.safetensors': safetensors(Object.fromEntries(twelve.map((i) => [`s${i}`, Float32Array.of(i, 1, 2)])), 3),
    });
    for (const [directory, data, prefix] of [
      [h5ad, 'kind: cells, id: cell, label: kind, files: { features: cells.h5ad }', 'cell-'],
      [
        market,
        'kind: cells, id: cell, label: kind, files: { features: matrix.mtx, genes: genes.txt, samples: cells.csv }',
        'cell-',
      ],
      [images, 'kind: images, side: 8, label: subtype, files: { samples: cells.csv }', 's'],
      [
        bags,
        'kind: feature-bags, width: 3, label: subtype, files: { samples: patients.csv, features: bags.safetensors }',
        's',
      ],
    ] as const) {
      const dataset = await loadDataset({ directory, contract: terms(data, '', named) });
      expect(statedIn(dataset)).toEqual(
        Object.fromEntries(twelve.map((i) => [`${prefix}${i}`, [sexOf(i) || null, String(i)]])),
      );
    }
  });
});

describe('stages that look at some groups', () => {
  /** Patients with one sample of each of their lineages; three tenths each are for validation and test. */
  const patients = [...Array(40).keys()];
  const has = (patient: number, lineage: string) => lineage !== 'mono' || patient % 10 === 0 || patient % 10 > 3;
  const lineages = ['prog', 'mono', 'lymph'];
  const rows = patients.flatMap((p) =>
    lineages.filter((lineage) => has(p, lineage)).map((lineage) => ({ p, lineage })),
  );
  const files = {
    'expression.csv': [
      'sample,patient,subtype,lineage,G1',
      ...rows.map(({ p, lineage }) => `${lineage}-${p},p${p},${labelOf(p)},${lineage},${p}`),
    ].join('\n'),
    'split.csv': [
      'sample,split',
      ...rows.map(({ p, lineage }) => `${lineage}-${p},${p % 10 < 4 ? 'train' : p % 10 < 7 ? 'validation' : 'test'}`),
    ].join('\n'),
  };
  const data =
    'kind: expression-table, patient: patient, label: subtype, group: lineage, groups: [prog, mono, lymph], files: { features: expression.csv, split: split.csv }';
  const load = (stages: string, more = '', rest: Partial<DataSource> = {}) =>
    loadDataset({ directory: folder(files), contract: terms(data, stages, more), ...rest });
  const sizes = ({ parts }: Dataset) =>
    partNames.map((name) => lineages.map((_, group) => parts[name].groups!.filter((own) => own === group).length));

  it('keep theirs for training and validation, and all for the test', async () => {
    const dataset = await load('{ name: body, groups: [prog] }, { name: head, groups: [prog] }');
    expect(sizes(dataset)).toEqual([
      [16, 0, 0],
      [12, 0, 0],
      [12, 12, 12],
    ]);
    expect(dataset.counts).toMatchObject({ read: rows.length, kept: 64, otherLabel: rows.length - 64 });
    expect(dataset.notes).toEqual([expect.stringContaining(`left out: ${rows.length - 64}.`)]);
  });

  it('leave out a group of few patients where a count less another would tell of it', async () => {
    const both = '{ name: body, groups: [prog] }, { name: head, groups: [prog, mono] }';
    expect(sizes(await load(both))[0]).toEqual([16, 0, 0]);
    expect(sizes(await load(both, ', minimumCell: 4'))[0]).toEqual([16, 4, 0]);
    // The same stages train on both: nothing tells them apart.
    expect(sizes(await load('{ name: body, groups: [prog, mono] }'))[0]).toEqual([16, 4, 0]);
  });

  it('say in the statistics how many samples each has, and nothing of one with too few patients', async () => {
    const asked = terms(data, '{ name: body, groups: [mono] }, { name: head, groups: [prog] }', ', minimumCell: 4');
    const dataset = await loadDataset({ directory: folder(files), contract: asked });
    const statistics = cohortStatistics(dataset, asked, 'A'.repeat(22));
    expect(statistics.stageSamples).toEqual([null, 16]);
    expect(statistics.samples.train).toBe(20);
    const bytes = Buffer.from(JSON.stringify(statistics));
    expect(readCohort(bytes, { contract: asked, samples: 20 })).toEqual(statistics);
    const [body, head] = stagesOf(asked.runFile);
    expect(samplesOfStage(dataset.parts.train, asked.runFile, body!).rows).toBe(4);
    expect(samplesOfStage(dataset.parts.train, asked.runFile, head!).groups).toEqual(new Int32Array(16));
  });

  it('are no matter for a finished model: it is asked about every group, and about samples of none', async () => {
    const stages = '{ name: body, groups: [prog] }';
    const exported = { contract: terms(data, stages), preparation: { features: ['G1'] } as never };
    const own = (directory: string) => ({ directory, synthetic: false, files: { features: 'expression.csv' } });
    const judged = await loadCohort(exported, own(folder(files)), { whole: true });
    expect(judged.parts.train.rows).toBe(rows.length);
    const asked = folder({ 'expression.csv': 'sample,patient,G1\nx,p1,1\ny,p2,2\n' });
    const predicted = await loadCohort(exported, own(asked), { whole: true, labels: 'optional' });
    expect([...(predicted.parts.train.groups ?? [])]).toEqual([-1, -1]);
  });
});
