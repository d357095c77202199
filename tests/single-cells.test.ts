import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { useBackend } from '@consilium/models/backend';
import { stream } from '@consilium/models/layers';
import { readRunFile } from '@consilium/shared/contract';
import { siteId } from '@consilium/shared/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InventedCells, matrixMarket, writeH5ad } from '../site-agent/src/data/cells/cells.fixture.js';
import { unsignedContract } from './harness/contract.js';
import { type Federated, federate, type PreparedSite } from './harness/federation.js';
import { prepareFolders } from './harness/preparation.js';

const run = readRunFile(`name: cells
model: { family: blood-autoencoder, preset: small, classes: [calm, roused], options: { head: ffn } }
data:
  kind: cells
  id: cell
  label: state
  features: common
  files: { features: cells.h5ad }
  transforms: [{ perCell: 1000 }, { log1p: all }]
preparation: { select: { variance: 30 }, scale: unit, clip: 10 }
training: { rounds: 6, localEpochs: 4, batchSize: 16, optimizer: { name: adam, rate: 0.005 } }
stages:
  - { name: autoencoder }
  - { name: head, rounds: 8, optimizer: { name: adam, rate: 0.01 } }
validation: { bootstrap: 0 }
`);
const contract = unsignedContract(run);

const [cellCount, geneCount, markers] = [90, 60, 12];
const states = ['calm', 'roused'];
const stateOf = (cell: number): string => states[cell % 2]!;

/** Counts of a hospital's cells: each class reads its own markers more often, and cells differ in depth. */
function cellsOf(name: string, extra: readonly string[] = []): InventedCells {
  const random = stream(11, name);
  const genes = [...Array.from({ length: geneCount }, (_, gene) => `G${gene}`), ...extra];
  const counts = Array.from({ length: cellCount }, (_, cell) => {
    const depth = 0.5 + random.uniform();
    return genes.map((_, gene) => {
      const own = gene < markers && gene % 2 === cell % 2;
      return Math.floor(random.uniform() ** 3 * depth * (own ? 60 : 6));
    });
  });
  return { cells: counts.map((_, cell) => `${name}-${cell}`), genes, counts };
}

describe('single cells of three hospitals, each in files of its own kind', () => {
  const root = mkdtempSync(join(tmpdir(), 'single-cells-'));
  afterAll(() => rmSync(root, { recursive: true }));
  let sites: readonly PreparedSite[];
  let features: readonly string[];
  let done: Federated;

  beforeAll(async () => {
    await useBackend('wasm');
    const folder = (name: string): string => {
      mkdirSync(join(root, name));
      return join(root, name);
    };
    const [east, north, south] = ['east', 'north', 'south'].map((name) => ({
      site: siteId.parse(name),
      directory: folder(name),
    }));
    const own = cellsOf('east', ['only-in-the-east']);
    await writeH5ad(join(east!.directory, 'cells.h5ad'), own, {
      columns: { state: own.cells.map((_, cell) => stateOf(cell)) },
    });
    const tableOf = ({ cells }: InventedCells) =>
      ['cell,state', ...cells.map((name, cell) => `${name},${stateOf(cell)}`)].join('\n');
    const second = cellsOf('north');
    writeFileSync(join(north!.directory, 'matrix.mtx.gz'), gzipSync(matrixMarket(second, 'genes')));
    writeFileSync(join(north!.directory, 'features.tsv'), second.genes.map((gene) => `${gene}\tx`).join('\n'));
    writeFileSync(join(north!.directory, 'barcodes.tsv'), second.cells.join('\n'));
    writeFileSync(join(north!.directory, 'cells.csv'), tableOf(second));
    const third = cellsOf('south');
    writeFileSync(join(south!.directory, 'matrix.mtx'), matrixMarket(third));
    writeFileSync(join(south!.directory, 'genes.txt'), third.genes.join('\n'));
    writeFileSync(join(south!.directory, 'cells.csv'), tableOf(third));
    const prepared = await prepareFolders(contract, [
      east!,
      {
        ...north!,
        files: { features: 'matrix.mtx.gz', genes: 'features.tsv', cells: 'barcodes.tsv', samples: 'cells.csv' },
      },
      { ...south!, files: { features: 'matrix.mtx', genes: 'genes.txt', samples: 'cells.csv' } },
    ]);
    sites = prepared.sites;
    features = prepared.state.features;
    done = await federate(run, sites);
    return () => done.model.dispose();
  });

  it('have the genes that vary most over all of them, and stay sparse', () => {
    expect(features).toHaveLength(30);
    expect(features).not.toContain('only-in-the-east');
    const found = Array.from({ length: markers }, (_, gene) => `G${gene}`).filter((gene) => features.includes(gene));
    expect(found.length).toBeGreaterThanOrEqual(markers - 1);
    for (const { parts } of sites) {
      expect(parts.train.input).toMatchObject({ kind: 'sparse', width: 30 });
    }
  });

  it('go through both stages, and are told apart', () => {
    expect(done.state).toMatchObject({ phase: 'closed', outcome: 'complete' });
    expect(done.test.metrics?.accuracy).toBeGreaterThan(0.85);
    expect(done.test.panels?.map(({ name }) => name)).toEqual(expect.arrayContaining(['majority', 'pca-logistic']));
  });
});
