import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@consilium/models/backend';
import { corrected, labMoments } from '@consilium/models/images';
import type { LabelledSamples } from '@consilium/models/samples';
import { discs } from '@consilium/models/synthetic';
import { readRunFile } from '@consilium/shared/contract';
import { siteId } from '@consilium/shared/ids';
import { fittedStain } from '@consilium/shared/statistics';
import { type Dataset, describe as describeCohort, loadDataset } from '@consilium/site-agent/data';
import { applyPreparation, prepare } from '@consilium/site-agent/preparation';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unsignedContract } from './harness/contract.js';
import { federate } from './harness/federation.js';
import { type FederatedPreparation, prepareSites } from './harness/preparation.js';

const [side, images] = [24, 60];
const classes = ['A', 'B', 'C'];
const names = ['north', 'south', 'west'];
const run = readRunFile(`name: discs
model: { family: vgg19-mhsa, preset: small, classes: [A, B, C], options: { normalisation: batchLocal, dropout: 0 } }
data: { kind: images, id: cell, patient: patient, label: class, side: 16, files: { samples: cells.csv } }
preparation: { image: { clahe: { clip: 2, tiles: 2 }, stain: federated } }
training: { rounds: 8, localEpochs: 2, batchSize: 8, classWeights: sqrt, optimizer: { name: adam, rate: 3e-3 } }
validation: { share: 0, minimumCohort: 5, minimumCell: 5, bootstrap: 0 }
`);
const contract = unsignedContract(run);

const root = mkdtempSync(join(tmpdir(), 'laboratories-'));
afterAll(() => rmSync(root, { recursive: true }));

const png = (pixels: Uint8Array, width: number, height: number) =>
  sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();

/** A laboratory's folder as a hospital would lay it out: a table and image files; each patient gave two images. */
async function laboratory(name: string): Promise<string> {
  const directory = join(root, name);
  mkdirSync(join(directory, 'cells'), { recursive: true });
  const { input, y } = discs({ seed: 5, site: name, images, classes: classes.length, side, stain: 0.3 });
  if (input.kind !== 'images') throw new Error('discs are images');
  const size = 3 * side ** 2;
  const lines = ['patient,cell,class,file'];
  for (const [row, label] of y.entries()) {
    const pixels = input.pixels.subarray(row * size, (row + 1) * size);
    writeFileSync(join(directory, 'cells', `${row}.png`), await png(pixels, side, side));
    lines.push(`p${row >> 1},c${row},${classes[label]},cells/${row}.png`);
  }
  const first = input.pixels.subarray(0, size);
  if (name === 'north') {
    writeFileSync(join(directory, 'cells', 'cut.png'), (await png(first, side, side)).subarray(0, 200));
    writeFileSync(join(directory, 'cells', 'wide.png'), await png(first, side * 2, side / 2));
    lines.push('q1,cut,A,cells/cut.png', 'q2,wide,A,cells/wide.png', 'q3,gone,B,cells/gone.png');
    lines.push('q4,stray,B,../south/cells/1.png', 'q5,other,blast,cells/1.png');
  }
  // One patient alone has class C in the west.
  const kept =
    name === 'west' ? lines.filter((line, at) => !line.includes(',C,') || at === lines.findIndex(isC)) : lines;
  writeFileSync(join(directory, 'cells.csv'), kept.join('\n'));
  return directory;
}
const isC = (line: string): boolean => line.includes(',C,');

const momentsOf = ({ input }: LabelledSamples) => {
  if (input.kind !== 'images') throw new Error('these are no images');
  const size = 3 * input.side ** 2;
  return Array.from({ length: input.rows }, (_, row) =>
    labMoments(input.pixels.subarray(row * size, (row + 1) * size)),
  );
};
const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);

describe('a run on images, from files to figures', () => {
  let cohorts: readonly Dataset[];
  let prepared: FederatedPreparation;
  beforeAll(async () => {
    await useBackend('wasm');
    cohorts = await Promise.all(
      names.map(async (name) => loadDataset({ directory: await laboratory(name), contract })),
    );
    prepared = prepareSites(
      contract,
      cohorts.map((dataset, index) => ({ site: siteId.parse(names[index]), dataset })),
    );
  });

  it('sets faulty images aside, and takes oblong ones', () => {
    const [north, south, west] = cohorts.map(describeCohort);
    expect(north!.counts).toMatchObject({ read: images + 5, kept: images + 1, otherLabel: 1, quarantined: 3 });
    expect(north!.quarantine).toEqual({ 'corrupt image': 1, 'file missing': 1, 'outside the folder': 1 });
    expect(cohorts[0]!.notes).toHaveLength(1);
    expect(south!.counts).toMatchObject({ read: images, kept: images });
    expect(west!.parts.train.perClass[2]! + west!.parts.test.perClass[2]!).toBe(1);
  });

  it('says nothing of a class of one patient, and of no image', () => {
    const west = Buffer.from(
      prepare('cohort', { dataset: cohorts[2]!, contract, state: null, pass: 1, salt: 'A'.repeat(22) }),
    );
    const { classCounts } = JSON.parse(west.toString('utf8')) as { classCounts: (number | null)[] };
    expect(classCounts[2]).toBeNull();
    expect(classCounts.filter((count) => count === null).length).toBeGreaterThan(1);
    expect(west.toString('utf8')).not.toMatch(/cells|png|p\d/);
  });

  it('takes the reference from training images after their contrast was evened, and brings all to it', () => {
    const reference = fittedStain(prepared.state);
    const clahe = { clip: 2, tiles: 2 };
    const evened = cohorts.flatMap(({ parts: { train } }) => {
      if (train.input.kind !== 'images') throw new Error('these are no images');
      const { pixels, rows } = train.input;
      const size = 3 * 16 ** 2;
      return Array.from({ length: rows }, (_, row) =>
        labMoments(corrected(pixels.subarray(row * size, (row + 1) * size), 16, { clahe, stain: null, median: false })),
      );
    });
    for (const channel of [0, 1, 2] as const) {
      const pooled = evened.reduce((sum, { mean }) => sum + mean[channel] / evened.length, 0);
      expect(reference.mean[channel]).toBeCloseTo(pooled, 8);
    }
    const hues = (part: (dataset: Dataset) => LabelledSamples) =>
      cohorts.map((dataset) => {
        const own = momentsOf(part(dataset));
        return own.reduce((sum, { mean }) => sum + mean[2] / own.length, 0);
      });
    const before = spread(hues(({ parts }) => parts.test));
    const after = spread(hues((dataset) => applyPreparation(dataset, prepared.state, run).parts.test));
    expect(before).toBeGreaterThan(2);
    expect(after).toBeLessThan(before / 3);
  });

  it('trains and judges over three laboratories whose stains differ', async () => {
    const { state: ended, test, carried, model } = await federate(run, prepared.sites);
    model.dispose();
    expect(ended).toMatchObject({ phase: 'closed', outcome: 'complete' });
    expect(test.metrics?.accuracy).toBeGreaterThan(0.75);
    expect([...carried[0]!.keys()].sort()).toEqual(names);
  });
});
