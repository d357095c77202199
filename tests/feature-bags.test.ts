import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@consilium/models/backend';
import { phenotypes } from '@consilium/models/synthetic';
import { readRunFile } from '@consilium/shared/contract';
import { type SiteId, siteId } from '@consilium/shared/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { npy, safetensors } from '../site-agent/src/data/feature-bags/bags.fixture.js';
import { unsignedContract } from './harness/contract.js';
import { type Federated, federate, type PreparedSite } from './harness/federation.js';
import { prepareFolders, type SiteFolder } from './harness/preparation.js';

const genes = ['M0', 'M1', 'M2', 'M3', 'M4', 'M5'];
const bands = ['5q31', '7q31', '8q24', '9q34'];
const files = { 'bands.txt': bands.join('\n') };
/** What each class's karyotype is. */
const karyotypes = ['47,XX,+8', '45,XY,-7', '46,XX,del(5)(q31)'];
const classes = ['A', 'B', 'C'];
const width = 16;

const runOf = (bags: string) =>
  readRunFile(`name: bags
model: { family: genbloom, preset: small, classes: [${classes.join(', ')}] }
data:
  kind: feature-bags
  id: patient
  label: class
  width: ${width}
  testShare: 0.4
  ${bags}
  genetics:
    karyotype: { column: iscn, bands: { file: bands.txt } }
    mutations: { genes: [${genes.join(', ')}] }
training: { rounds: 2, localEpochs: 2, batchSize: 16, gradientLimit: 3, optimizer: { name: adam, rate: 1.0e-3 } }
stages:
  - { name: pretrain, rounds: 1 }
  - { name: align, rounds: 4, localEpochs: 4, optimizer: { name: adam, rate: 3.0e-3 } }
  - { name: probe, rounds: 3, localEpochs: 20, optimizer: { name: adam, rate: 0.01 } }
validation: { bootstrap: 0 }
`);
const contractOf = (bags: string) => unsignedContract(runOf(bags), files);

/** Writes a hospital's folder: a table, and its bags in a file each or all in one. */
function writeSite(root: string, name: SiteId, bagFiles: 'each' | 'one'): SiteFolder {
  const directory = join(root, `${name}-${bagFiles}`);
  mkdirSync(join(directory, 'bags'), { recursive: true });
  const smears = phenotypes({
    ...{ seed: 4, site: name, patients: 40, cells: 12, width, smear: 0.5, untested: 0.2 },
    ...{ karyotypeBits: 6, mutationBits: genes.length },
  });
  const { input, sides, y } = smears;
  if (input.kind !== 'bags') throw new TypeError('bags were expected');
  const bags: Record<string, Float32Array> = {};
  const rows = Array.from(y, (label, row) => {
    bags[`${name}-${row}`] = input.values.slice(input.starts[row]! * width, input.starts[row + 1]! * width);
    const found = [...sides.mutations!.values.subarray(row * genes.length, (row + 1) * genes.length)];
    const bits = found.map((bit) => (Number.isNaN(bit) ? '' : String(bit)));
    const tested = !Number.isNaN(sides.karyotype!.values[row * 6]);
    return [`${name}-${row}`, classes[label], `bags/${row}.npy`, tested ? `"${karyotypes[label]}"` : '', ...bits].join(
      ',',
    );
  });
  writeFileSync(join(directory, 'patients.csv'), [`patient,class,bag,iscn,${genes.join(',')}`, ...rows].join('\n'));
  if (bagFiles === 'one') writeFileSync(join(directory, 'bags.safetensors'), safetensors(bags, width));
  else
    for (const [row, bag] of Object.values(bags).entries())
      writeFileSync(join(directory, 'bags', `${row}.npy`), npy(bag, width));
  return { site: name, directory };
}

describe('feature bags of three hospitals, with karyotypes and mutations', () => {
  const root = mkdtempSync(join(tmpdir(), 'feature-bags-'));
  afterAll(() => rmSync(root, { recursive: true }));
  const names = ['east', 'north', 'south'].map((name) => siteId.parse(name));
  const byFile = contractOf('file: bag\n  files: { samples: patients.csv }');
  let sites: readonly PreparedSite[];
  let done: Federated;

  beforeAll(async () => {
    await useBackend('wasm');
    ({ sites } = await prepareFolders(
      byFile,
      names.map((name) => writeSite(root, name, 'each')),
    ));
    done = await federate(byFile.runFile, sites, undefined, files);
    return () => done.model.dispose();
  });

  it('go through all three stages, and diseases are told apart', () => {
    expect(done.state).toMatchObject({ phase: 'closed', outcome: 'complete' });
    expect(done.stages).toHaveLength(3);
    expect(done.test.metrics?.n).toBe(48);
    expect(done.test.metrics?.accuracy).toBeGreaterThan(0.5);
    expect(done.test.figures?.map(({ name }) => name)).toContain('retrieval-map3');
  });

  it('are the same from one file with all bags', async () => {
    const inOne = contractOf('files: { samples: patients.csv, features: bags.safetensors }');
    const again = await prepareFolders(
      inOne,
      names.map((name) => writeSite(root, name, 'one')),
    );
    expect(again.sites).toEqual(sites);
  });

  it('have findings beside them in every part, untested ones among them', () => {
    for (const { parts } of sites) {
      expect(parts.train.sides.karyotype?.width).toBe(3 * bands.length);
      expect(parts.train.sides.mutations?.width).toBe(genes.length);
      expect(parts.train.sides.mutations?.values.some(Number.isNaN)).toBe(true);
      expect(parts.train.sides.karyotype?.values.some((bit) => bit === 1)).toBe(true);
    }
  });
});
