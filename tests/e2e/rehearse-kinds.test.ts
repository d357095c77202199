import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { inventedCells, writeH5ad } from '../../site-agent/src/data/cells/cells.fixture.js';
import { npy } from '../../site-agent/src/data/feature-bags/bags.fixture.js';
import { openTerminal, type Terminal, type Typed } from '../harness/terminal.js';

const hospitals = ['hospital-a', 'hospital-b'];
const training = 'training: { rounds: 1, batchSize: 16, optimizer: { name: adam, rate: 3.0e-3 } }';

describe('consilium rehearse with other data than tables', () => {
  let folder = '';
  let terminal: Terminal;
  const at = (...names: readonly string[]) => join(folder, ...names);
  const summaryOf = ({ out }: Typed) => JSON.parse(out.trimEnd().split('\n').at(-1) ?? '');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'consilium-kinds-'));
    terminal = openTerminal(folder, {});
  });
  afterAll(async () => {
    await terminal.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('splits one AnnData file by a column of its cells, and trains both stages on it', async () => {
    onTestFailed(() => console.error(terminal.transcript()));
    await mkdir(at('cells'));
    const cells = inventedCells(120, 30);
    const site = cells.cells.map((_, index) => hospitals[index % 4 < 2 ? 0 : 1]!);
    const kind = cells.cells.map((_, index) => (index % 2 === 0 ? 'A' : 'B'));
    await writeH5ad(at('cells', 'cells.h5ad'), cells, { columns: { kind, site } });
    await writeFile(
      at('cells.yaml'),
      `name: cells
model: { family: blood-autoencoder, preset: small, classes: [A, B] }
data: { kind: cells, id: cell, label: kind, transforms: [{ perCell: 100 }, { log1p: all }], files: { features: cells.h5ad } }
preparation: { select: { variance: 20 }, scale: unit }
${training}
stages: [{ name: autoencoder }, { name: head }]
`,
    );
    const typed = await terminal.type(
      'consilium',
      ...['rehearse', 'cells.yaml', '--data', 'cells', '--by', 'site', '--backend', 'wasm', '--json'],
    );
    expect(typed.status).toBe(0);
    expect(summaryOf(typed)).toMatchObject({
      status: 'complete',
      perSite: hospitals.map((name) => ({ site: name, samples: 41, testSamples: 12 })),
    });
  });

  it('trains on bags of each hospital’s own folder, goes on without one whose bags have another width, and says so', async () => {
    onTestFailed(() => console.error(terminal.transcript()));
    const width = 8;
    for (const name of [...hospitals, 'other-width']) {
      await mkdir(at('bags', name, 'bags'), { recursive: true });
      const rows: string[] = [];
      for (let index = 0; index < 40; index++) {
        const own = name === 'other-width' ? width + 1 : width;
        const bag = Float32Array.from({ length: 6 * own }, (_, place) => Math.sin(index + place) + (index % 2));
        await writeFile(at('bags', name, 'bags', `${index}.npy`), npy(bag, own));
        rows.push(`p${index},${index % 2 ? 'AML' : 'healthy'},bags/${index}.npy,${index % 3 === 0 ? '' : index % 2}`);
      }
      await writeFile(at('bags', name, 'patients.csv'), ['patient,diagnosis,bag,NPM1', ...rows].join('\n'));
    }
    await writeFile(
      at('bags.yaml'),
      `name: bags
model: { family: genbloom, preset: small, classes: [AML, healthy] }
data:
  kind: feature-bags
  id: patient
  label: diagnosis
  width: ${width}
  file: bag
  files: { samples: patients.csv }
  genetics: { mutations: { genes: [NPM1] } }
participation: { quorum: 2 }
${training}
stages: [{ name: pretrain }, { name: align }, { name: probe }]
`,
    );
    const sites = [...hospitals, 'other-width'].flatMap((name) => ['--site', `${name}=bags/${name}`]);
    const typed = await terminal.type(
      'consilium',
      ...['rehearse', 'bags.yaml', ...sites, '--backend', 'wasm', '--json'],
    );
    expect(typed.status).toBe(3);
    expect(typed.out).toContain('CSM-DATA-MOSTLY-FAULTY');
    expect(summaryOf(typed)).toMatchObject({
      status: 'degraded',
      perSite: [
        ...hospitals.map((name) => ({ site: name, samples: 27, testSamples: 8 })),
        { site: 'other-width', samples: null, testSamples: null },
      ],
    });
  });
});
