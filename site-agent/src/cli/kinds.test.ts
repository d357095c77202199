import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inventedCells, matrixMarket, writeH5ad } from '../data/cells/cells.fixture.js';
import { npy } from '../data/feature-bags/bags.fixture.js';
import { quietContext } from '../testing/command-context.js';
import { createProgram } from './program.js';

let folder: string;
let printed: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-kinds-'));
  printed = [];
  process.exitCode = undefined;
});
afterEach(async () => {
  process.exitCode = undefined;
  await rm(folder, { recursive: true, force: true });
});

const type = async (...words: readonly string[]) =>
  (await createProgram(quietContext(printed, { env: { CONSILIUM_NATIVE: '/nonexistent' } }))).parseAsync([
    'node',
    'consilium-site',
    ...words,
  ]);

async function runFile(model: string, data: string): Promise<string> {
  const path = join(folder, 'run.yaml');
  await writeFile(
    path,
    `name: tiny
model: { ${model}, classes: [A, B] }
data: { testShare: 0.25, ${data} }
training: { rounds: 1, optimizer: { name: adam, rate: 1e-2 } }
`,
  );
  return path;
}
const doctor = (run: string, ...words: readonly string[]) =>
  type('doctor', run, '--data', folder, '--home', join(folder, 'home'), ...words);

const cells = inventedCells(40, 6);
const kind = cells.cells.map((_, index) => (index % 2 === 0 ? 'A' : 'B'));
const ofCells = (files: string) =>
  runFile('family: blood-autoencoder, preset: small', `kind: cells, id: cell, label: kind, files: { ${files} }`);

describe('single cells at the command line', () => {
  it('are split by a column of an AnnData file', async () => {
    const lane = cells.cells.map((_, index) => `lane-${index % 3}`);
    await writeH5ad(join(folder, 'cells.h5ad'), cells, { columns: { kind, lane } });
    const run = await ofCells('features: cells.h5ad');
    await type('groups', run, '--data', folder, '--by', 'lane');
    expect(printed).toEqual(['["lane-0","lane-1","lane-2"]']);
    await expect(type('groups', run, '--data', folder, '--by', 'lanes')).rejects.toMatchObject({
      code: 'CSM-DATA-COLUMN',
      details: { near: ' (did you mean lane?)' },
    });
  });

  it('are examined, in files of the site’s own names', async () => {
    await writeFile(join(folder, 'counts.mtx'), matrixMarket(cells));
    await writeFile(join(folder, 'own-genes.txt'), cells.genes.join('\n'));
    const table = ['cell,kind', ...cells.cells.map((cell, index) => `${cell},${kind[index]}`)];
    await writeFile(join(folder, 'own-cells.csv'), table.join('\n'));
    const names = ['features=counts.mtx', 'genes=own-genes.txt', 'samples=own-cells.csv'];
    await doctor(await ofCells('features: cells.h5ad'), '--file', ...names);
    expect(printed.join('\n')).toContain('40 rows read, 40 used, 0 of another class or group, 0 set aside; 6 features');
  });
});

describe('feature bags at the command line', () => {
  const ofBags = () =>
    runFile(
      'family: genbloom, preset: small',
      'kind: feature-bags, id: patient, label: kind, width: 3, file: bag, files: { samples: patients.csv }',
    );

  it('are split by a column of their table, and examined with what was set aside', async () => {
    await mkdir(join(folder, 'bags'));
    const rows = Array.from({ length: 30 }, (_, row) => row);
    for (const row of rows) {
      await writeFile(join(folder, 'bags', `${row}.npy`), npy(new Float32Array(row === 4 ? 0 : 6).fill(row), 3));
    }
    const table = rows.map((row) => `p${row},${row % 2 ? 'A' : 'B'},bags/${row}.npy,${row % 3 ? 'east' : 'west'}`);
    await writeFile(join(folder, 'patients.csv'), ['patient,kind,bag,town', ...table].join('\n'));
    const run = await ofBags();
    await type('groups', run, '--data', folder, '--by', 'town');
    expect(printed).toEqual(['["east","west"]']);
    await doctor(run);
    const text = printed.join('\n');
    expect(text).toMatch(
      /30 rows read, 29 used, 0 of another class or group, 1 set aside; \d+ vectors of 3 numbers in training/,
    );
    expect(text).toContain('set aside: patients.csv, line 6: empty bag');
  });
});
