import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialWeights } from '@consilium/models/families';
import { canonicalBytes, sha256 } from '@consilium/shared/canonical';
import { contract, readRunFile, signContract } from '@consilium/shared/contract';
import { createIdentity, sign } from '@consilium/shared/crypto';
import { sumsFile, writeSums } from '@consilium/shared/exported';
import { encodePreparation, type PreparationState } from '@consilium/shared/statistics';
import { encodeWeights } from '@consilium/shared/weights';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { quietContext } from '../testing/command-context.js';
import { createProgram } from './program.js';

const genes = ['g1', 'g2', 'g3', 'g4'];
const preparation: PreparationState = {
  format: 'consilium-preparation-1',
  features: genes,
  classCounts: [20, 20],
  samples: 40,
  scale: { mean: genes.map(() => 3), sd: genes.map(() => 2) },
};
const run = (more = ''): string => `name: tiny
model: { family: attention-aml, preset: small, classes: [A, "B, or worse"] }
data: { kind: expression-table, id: sample, label: kind, files: { features: table.csv, samples: samples.csv } }
training: { rounds: 1, optimizer: { name: adam, rate: 1e-2 } }
${more}`;
const patients = Array.from({ length: 12 }, (_, row) => row);

let folder: string;
let printed: string[];
const at = (...names: readonly string[]) => join(folder, ...names);

/** An export as consilium export writes it, as far as a site reads it. */
async function writeExport(text = run(), state = preparation): Promise<void> {
  const runFile = readRunFile(text);
  const terms = contract.parse({
    ...{ format: 'consilium-contract-1', consortium: 'c'.repeat(32), run: 'a'.repeat(32), files: {}, runFile },
    notAfter: '2999-01-01T00:00:00Z',
  });
  const lead = createIdentity();
  const stage = runFile.model.family === 'attention-aml' ? 'train' : 'autoencoder';
  const { shared } = initialWeights({
    ...{ ...runFile.model, classes: 2, stage, input: { kind: 'rows', width: genes.length }, seed: 1 },
  });
  const files = {
    'contract.json': canonicalBytes(signContract(terms, (domain, bytes) => sign(lead, domain, bytes))),
    'preparation.json': encodePreparation(state),
    'model.safetensors': encodeWeights(shared),
  };
  await mkdir(at('export'), { recursive: true });
  for (const [name, bytes] of Object.entries(files)) await writeFile(at('export', name), bytes);
  const hashes = Object.entries(files).map(([name, bytes]) => [name, sha256(bytes)] as const);
  await writeFile(at('export', sumsFile), writeSums(new Map(hashes)));
}

const tableOf = (header: string, values: (row: number) => string): string =>
  [header, ...patients.map((row) => `s${row},${values(row)}`), ''].join('\n');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-predict-'));
  printed = [];
  await writeExport();
  await mkdir(at('data'));
  await writeFile(
    at('data', 'table.csv'),
    tableOf('sample,g4,g3,g2,g1', (row) => `${row},${row % 5},${row % 3},1`),
  );
  await writeFile(
    at('data', 'samples.csv'),
    tableOf('sample,kind', (row) => (row % 2 ? 'A' : '')),
  );
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const type = async (...words: readonly string[]) =>
  (await createProgram(quietContext(printed))).parseAsync(['node', 'consilium-site', ...words]);
const predict = (...more: readonly string[]) =>
  type(
    ...['predict', at('export'), '--data', at('data'), '--out', at('told.csv'), '--home', at('home')],
    ...['--backend', 'wasm', ...more],
  );
const linesOf = async (...names: readonly string[]) => (await readFile(at(...names), 'utf8')).trimEnd().split('\n');

describe('predict', () => {
  it('writes the id and the probability of each class of every patient, whose label need not be known', async () => {
    await predict();
    const [header, ...lines] = await linesOf('told.csv');
    expect(header).toBe('sample,A,"B, or worse"');
    expect(lines.map((line) => line.split(',')[0])).toEqual(patients.map((row) => `s${row}`));
    for (const line of lines) {
      const [, first, second] = line.split(',').map(Number);
      expect(first! + second!).toBeCloseTo(1, 6);
    }
    expect(new Set(lines.map((line) => line.split(',')[1])).size).toBeGreaterThan(6);
    expect((await stat(at('told.csv'))).mode & 0o077).toBe(0);
    expect(printed).toContainEqual(expect.stringMatching(/^tiny: 12 samples, backend wasm on /));
  });

  it('says the same whatever the order of columns, and without a table of labels', async () => {
    await predict();
    const before = await linesOf('told.csv');
    await rm(at('told.csv'));
    await writeFile(
      at('data', 'other.csv'),
      tableOf('sample,g1,g2,g3,g4', (row) => `1,${row % 3},${row % 5},${row}`),
    );
    await predict('--file', 'features=other.csv');
    expect(await linesOf('told.csv')).toEqual(before);
  });

  it('explains itself in tables that name patients by their row alone', async () => {
    await predict('--explain', at('why'));
    expect((await readdir(at('why'))).sort()).toEqual(['attention.csv', 'attributions.csv', 'map.csv', 'markers.csv']);
    const [header, ...lines] = await linesOf('why', 'attributions.csv');
    expect(header).toBe('id,predicted,probability,rank,gene,prepared value,attribution');
    expect(lines).toHaveLength(12 * 4);
    expect(lines.at(-1)).toMatch(/^row-12,/);
  });

  it('counts the rows that it sets aside and the genes that are missing', async () => {
    await writeFile(
      at('data', 'table.csv'),
      tableOf('sample,g4,g3,g2', (row) => `${row},1,${row === 3 ? 'high' : 1}`),
    );
    await writeExport(run().replace('kind, files', 'kind, missingFeatures: 0.5, files'));
    await predict();
    expect(await linesOf('told.csv')).toHaveLength(1 + 11);
    expect(printed).toContain('Set aside 1 rows: not a number 1');
    expect(printed.join('\n')).toContain('Missing here are 1 of 4 features');
  });

  it('refuses too many missing genes, tables that are not there, and to write over anything', async () => {
    await writeFile(at('told.csv'), 'mine');
    await expect(predict()).rejects.toMatchObject({ code: 'CSM-CLI-EXISTS' });
    expect(await readFile(at('told.csv'), 'utf8')).toBe('mine');
    await rm(at('told.csv'));
    await expect(predict('--explain', at('data'))).rejects.toMatchObject({ code: 'CSM-CLI-EXISTS' });
    await writeFile(
      at('data', 'table.csv'),
      tableOf('sample,g4', (row) => `${row}`),
    );
    await expect(predict()).rejects.toMatchObject({ code: 'CSM-DATA-MISSING-FEATURES' });
    await rm(at('data', 'table.csv'));
    await expect(predict()).rejects.toMatchObject({ code: 'CSM-DATA-FILE' });
    expect(await readdir(folder)).not.toContain('told.csv');
  });

  it('refuses an export that is not whole or not as it was exported', async () => {
    await appendFile(at('export', 'preparation.json'), ' ');
    const changed = { code: 'CSM-EVALUATE-CHANGED', details: { file: 'preparation.json' } };
    await expect(predict()).rejects.toMatchObject(changed);
    await rm(at('export', 'preparation.json'));
    const lost = { code: 'CSM-EVALUATE-EXPORT', details: { file: 'preparation.json' } };
    await expect(predict()).rejects.toMatchObject(lost);
    await writeFile(at('export', sumsFile), 'nothing');
    await expect(predict()).rejects.toMatchObject({ code: 'CSM-EVALUATE-EXPORT', details: { file: sumsFile } });
  });

  it('refuses a model whose last stage tells no classes', async () => {
    const text = run('stages: [{ name: autoencoder }]').replace('attention-aml', 'blood-autoencoder');
    await writeExport(text);
    await expect(predict()).rejects.toMatchObject({ code: 'CSM-EVALUATE-NO-CLASSES' });
  });

  it('leaves such a model to evaluate, which says how good it is by other figures', async () => {
    const text = run('stages: [{ name: autoencoder }]').replace('attention-aml', 'blood-autoencoder');
    await writeExport(text);
    await writeFile(
      at('data', 'samples.csv'),
      tableOf('sample,kind', (row) => (row % 2 ? 'A' : '"B, or worse"')),
    );
    await type('evaluate', at('export'), '--data', at('data'), '--home', at('home'), '--backend', 'wasm');
    expect(printed).toContainEqual(expect.stringMatching(/^loss \d+\.\d+, mean over 12 samples$/));
    expect(printed).toContainEqual(expect.stringMatching(/^reconstruction-mse \d+\.\d+, mean over 12 samples$/));
    expect(printed.at(-1)).toBe('No report was written: the model tells no classes.');
  });
});

describe('predict of a model whose preparation selects and harmonises', () => {
  const considered = ['g0', ...genes];
  const state: PreparationState = {
    ...{ ...preparation, scale: { mean: genes.map(() => 0.2), sd: genes.map(() => 0.1) } },
    fitted: {
      select: { considered, scores: [4, 3, 2, 1] },
      impute: { values: genes.map(() => 0.2) },
      combat: { grandMean: genes.map(() => 0.2), variance: genes.map(() => 0.01) },
    },
  };
  const text = run('preparation: { select: { variance: 4 }, harmonise: combat }').replace(
    'kind, files',
    'kind, transforms: [{ share: all }], files',
  );
  const table = (rows: readonly number[], g0: number): string =>
    ['sample,g0,g1,g2,g3,g4', ...rows.map((row) => `s${row},${g0},${row + 1},${row % 5},${row % 3},${row % 7}`)].join(
      '\n',
    );

  it('takes shares of all that the run considered, and fits the own part of this hospital to its samples', async () => {
    await writeExport(text, state);
    await writeFile(at('data', 'table.csv'), table(patients, 1));
    await predict();
    const before = await linesOf('told.csv');
    expect(before).toHaveLength(13);
    expect(printed.join('\n')).toContain('fitted to these samples');
    await rm(at('told.csv'));
    await writeFile(at('data', 'table.csv'), table(patients, 40));
    await predict();
    expect(await linesOf('told.csv')).not.toEqual(before);
  });

  it('asks for enough of them', async () => {
    await writeExport(text, state);
    await writeFile(at('data', 'table.csv'), table(patients.slice(0, 4), 1));
    await expect(predict()).rejects.toMatchObject({ code: 'CSM-EVALUATE-CALIBRATION', details: { minimum: 5 } });
  });
});

describe('a model of a run that looked at groups', () => {
  const grouped = () =>
    run('stages: [{ name: train, groups: [prog] }]').replace(
      'kind, files',
      'kind, group: lineage, groups: [prog, mono], files',
    );
  /** Half of the patients have progenitors, but for the last, whose lineage is another. */
  const samples = () =>
    tableOf(
      'sample,kind,lineage',
      (row) => `${row % 2 ? 'A' : '"B, or worse"'},${row === 11 ? 'other' : row < 6 ? 'prog' : 'mono'}`,
    );
  const evaluate = () =>
    type('evaluate', at('export'), '--data', at('data'), '--home', at('home'), '--out', at('out'), '--backend', 'wasm');

  it('tells the classes of samples of every group, and of none', async () => {
    await writeExport(grouped());
    await predict();
    expect(await linesOf('told.csv')).toHaveLength(13);
  });

  it('is judged on all of them and on each', async () => {
    await writeExport(grouped());
    await writeFile(at('data', 'samples.csv'), samples());
    await evaluate();
    expect(printed).toContainEqual(expect.stringMatching(/^tiny on every patient with a known label: 11 samples/));
    for (const name of ['prog', 'mono'])
      expect(printed).toContainEqual(expect.stringMatching(`^group: ${name}: accuracy`));
    const report = JSON.parse(await readFile(at('out', 'local-all.json'), 'utf8'));
    expect(report.report.groups.map(({ name, n }: { name: string; n: number }) => [name, n])).toEqual([
      ['group: prog', 6],
      ['group: mono', 5],
    ]);
    const page = await readFile(at('out', 'local-all.html'), 'utf8');
    expect(page).toContain('By group');
    expect(page).toContain('<th>mono</th><td>5</td>');
  });
});
