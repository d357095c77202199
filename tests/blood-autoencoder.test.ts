import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@consilium/models/backend';
import { asRows } from '@consilium/models/samples';
import { bloodLineages, lineageCells } from '@consilium/models/synthetic';
import { type RunFile, readRunFile } from '@consilium/shared/contract';
import { siteId } from '@consilium/shared/ids';
import type { Weights } from '@consilium/shared/weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unsignedContract } from './harness/contract.js';
import { type Federated, federate } from './harness/federation.js';
import { prepareFolders } from './harness/preparation.js';

const diseases = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];
const [genes, donors, chance] = [64, 28, 1 / diseases.length];
const lineages = bloodLineages.map(({ name }) => name);
const cohort = lineageCells({
  seed: 5,
  sites: ['one', 'two', 'three'].map((name) => ({ name, donors, cellsPerDonor: 8 })),
  ...{ genes, diseases, lineages: bloodLineages },
});

/** Whole donors: two of the four of each disease are trained on, one is for validation, one for the test. */
const partOf = (donor: number): string => ['train', 'train', 'validation', 'test'][Math.floor(donor / 7)]!;

const root = mkdtempSync(join(tmpdir(), 'lineages-'));
afterAll(() => rmSync(root, { recursive: true }));

/** A hospital's tables, with the cells that it keeps. */
function folderOf(site: number, keeps: (cell: { donor: number; lineage: number; row: number }) => boolean): string {
  const { name, cells } = cohort.sites[site]!;
  const { values, width } = asRows(cells.input);
  const rows = [...cells.y.keys()].filter((row) =>
    keeps({ donor: cells.patients[row]!, lineage: cells.groups![row]!, row }),
  );
  const folder = mkdtempSync(join(root, `${name}-`));
  const write = (file: string, lines: readonly (readonly (string | number)[])[]) =>
    writeFileSync(join(folder, file), `${lines.map((line) => line.join()).join('\n')}\n`);
  write('cells.csv', [
    ['cell', 'donor', 'lineage', 'disease', ...cohort.genes],
    ...rows.map((row) => [
      ...[
        `${name}-${row}`,
        `${name}-d${cells.patients[row]}`,
        lineages[cells.groups![row]!]!,
        diseases[cells.y[row]!]!,
      ],
      ...Array.from(values.subarray(row * width, (row + 1) * width), (value) => value.toPrecision(7)),
    ]),
  ]);
  write('split.csv', [['cell', 'split'], ...rows.map((row) => [`${name}-${row}`, partOf(cells.patients[row]!)])]);
  return folder;
}

const foldersOf = (keeps: (site: number, cell: { donor: number; lineage: number; row: number }) => boolean) =>
  cohort.sites.map(({ name }, site) => ({
    site: siteId.parse(name),
    directory: folderOf(site, (cell) => keeps(site, cell)),
  }));

/** Rounds, steps and rates were chosen on the validation donors. */
const runOf = (
  stages: readonly string[],
  { head = 'ffn', training = 'rounds: 10, localEpochs: 2', validation = '' } = {},
): RunFile =>
  readRunFile(`name: lineages
model: { family: blood-autoencoder, preset: small, classes: [${diseases.join(', ')}], options: { head: ${head} } }
data:
  { kind: expression-table, id: cell, patient: donor, label: disease, group: lineage, groups: [${lineages.join(', ')}],
    files: { features: cells.csv, split: split.csv } }
training: { ${training}, batchSize: 16, optimizer: { name: adam, rate: 0.005 } }
stages:
${stages.map((stage) => `  - { ${stage} }`).join('\n')}
validation: { bootstrap: 0${validation} }
`);

const everywhere = foldersOf(() => true);

async function federated(run: RunFile, folders = everywhere): Promise<Federated> {
  const { sites } = await prepareFolders(unsignedContract(run), folders);
  const done = await federate(run, sites);
  done.model.dispose();
  expect(done.state).toMatchObject({ phase: 'closed', outcome: 'complete' });
  return done;
}

/** Macro-F1 of each lineage as the run's own output says it. */
const byLineage = ({ test }: Federated): readonly number[] =>
  lineages.map((name) => test.panels?.find((panel) => panel.name === `group: ${name}`)?.metrics.macroF1 ?? Number.NaN);

const sorted = (values: Float32Array | undefined) => [...(values ?? [])].sort((a, b) => a - b);

const progenitors = 'groups: [progenitor]';

describe('blood-autoencoder over three hospitals', () => {
  beforeAll(async () => void (await useBackend('wasm')));

  it.each([
    { head: 'ffn', stage: 'rounds: 10', least: 0.85 },
    { head: 'transformer', stage: 'rounds: 20', least: 0.7 },
    { head: 'gcn', stage: 'localEpochs: 6, batchSize: 112', least: 0.8 },
  ])(
    'carries diseases from progenitors to monocytes, and to lymphocytes with more errors, never having seen either: $head',
    async ({ head, stage, least }) => {
      const run = runOf(
        [
          `name: autoencoder, ${progenitors}`,
          `name: head, optimizer: { name: adam, rate: 0.01 }, ${progenitors}, ${stage}`,
        ],
        { head },
      );
      const done = await federated(run);
      const { test, updates, stages } = done;
      const [progenitor = 0, monocyte = 0, lymphocyte = 0] = byLineage(done);
      expect(progenitor).toBeGreaterThan(least);
      expect(progenitor).toBeGreaterThan(monocyte);
      expect(monocyte).toBeGreaterThan(lymphocyte);
      expect(lymphocyte).toBeGreaterThan(2 * chance);
      // Seven donors a site, eight cells of each lineage.
      expect(test.metrics?.n).toBe(3 * 7 * 8 * 3);
      expect(test.panels?.map(({ name, metrics }) => [name, metrics.n])).toEqual([
        ...['majority', 'pca-logistic'].map((name) => [name, 504]),
        ...['', 'majority, ', 'pca-logistic, '].flatMap((of) => lineages.map((name) => [`${of}group: ${name}`, 168])),
      ]);
      expect(test.figures?.map(({ name }) => name)).toEqual(
        ['reconstruction-mse', 'reconstruction-r2'].flatMap((name) => [
          name,
          ...lineages.map((lineage) => `${name}, group: ${lineage}`),
        ]),
      );
      const [autoencoder, last] = stages;
      expect(sorted(last?.frozen?.values)).toEqual(sorted(autoencoder?.model.values));
      for (const { layout } of updates[1]?.values() ?? []) {
        expect(layout.filter(({ name }) => !/^(?:head|code)\//.test(name))).toEqual([]);
      }
    },
    120_000,
  );

  it('trains the head on another lineage, or the autoencoder on a second one, by the run file alone', async () => {
    const short = { training: 'rounds: 4, localEpochs: 2' };
    const head = 'name: head, rounds: 6, optimizer: { name: adam, rate: 0.01 }';
    const zeroShot = byLineage(
      await federated(runOf([`name: autoencoder, ${progenitors}`, `${head}, ${progenitors}`], short)),
    );
    const ofMonocytes = byLineage(
      await federated(runOf([`name: autoencoder, ${progenitors}`, `${head}, groups: [monocyte]`], short)),
    );
    expect(ofMonocytes[1]).toBeGreaterThan(zeroShot[1]!);
    expect(ofMonocytes[0]).toBeLessThan(zeroShot[0]!);

    const tuned = await federated(
      runOf(
        [
          `name: autoencoder, ${progenitors}`,
          'name: autoencoder, rounds: 1, groups: [lymphocyte]',
          `${head}, ${progenitors}`,
        ],
        short,
      ),
    );
    const [first, second, last] = tuned.stages;
    expect(sorted(second?.model.values)).not.toEqual(sorted(first?.model.values));
    expect(sorted(last?.frozen?.values)).toEqual(sorted(second?.model.values));
    expect(byLineage(tuned)[0]).toBeGreaterThan(2 * chance);
  });
});

describe('a stage of some groups', () => {
  beforeAll(async () => void (await useBackend('wasm')));

  const stages = [`name: autoencoder, ${progenitors}`, 'name: head, groups: [progenitor, monocyte]'];
  const short = { training: 'rounds: 1', validation: ', share: 0' };

  /** Of each lineage at each site one cell of so many is kept. */
  const every = [
    [4, 1, 1],
    [2, 4, 4],
    [1, 1, 1],
  ];
  const isKept = (site: number, { lineage, row }: { lineage: number; row: number }) =>
    row % every[site]![lineage]! === 0;
  const uneven = foldersOf(isKept);
  const countsOf = (wanted: readonly number[]) =>
    cohort.sites.map(({ cells }, site) => {
      const lineageOf = (row: number) => cells.groups![row]!;
      const isTrained = (row: number) => wanted.includes(lineageOf(row)) && partOf(cells.patients[row]!) === 'train';
      return [...cells.y.keys()].filter((row) => isTrained(row) && isKept(site, { lineage: lineageOf(row), row }))
        .length;
    });

  it('weights each site by its training samples of that stage', async () => {
    const { updates, stages: ended, state } = await federated(runOf(stages, short), uneven);
    for (const [stage, wanted] of [[0], [0, 1]].entries()) {
      const counts = countsOf(wanted);
      const total = counts.reduce((sum, count) => sum + count, 0);
      const own = [...updates[stage]!].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, update]) => update);
      // Sites in canonical order: one, three, two.
      const weights = [counts[0]!, counts[2]!, counts[1]!].map((count) => count / total);
      const { model } = ended[stage]!;
      const plain = meanOf(own, weights);
      const dense = linear(model);
      expect(dense.length).toBeGreaterThan(100);
      for (const at of dense) expect(model.values[at]).toBeCloseTo(plain[at]!, 5);
      expect(state.history.find(({ step }) => step === `train:${stage}:1`)?.sites).toHaveLength(3);
    }
    expect(new Set(countsOf([0])).size).toBe(3);
  });

  it('goes on without a site that has too few patients of them, which is judged in the end all the same', async () => {
    const folders = foldersOf((site, { donor, lineage }) => site !== 1 || lineage !== 0 || donor % 7 === 0);
    const { state, test } = await federated(runOf(stages, short), folders);
    const stepSites = (id: string) => state.history.find(({ step }) => step === id)?.sites;
    expect(stepSites('train:0:1')).toEqual(['one', 'three']);
    // Its two progenitor donors in training are fewer than may be told apart from the others.
    expect(stepSites('train:1:1')).toEqual(['one', 'three', 'two']);
    expect(stepSites('test')).toEqual(['one', 'three', 'two']);
    expect(state.stageSamples.get(siteId.parse('two'))).toEqual([null, 14 * 8]);
    expect(test.metrics?.n).toBe(2 * 168 + 2 * 56 + 8);
    expect(test.panels?.map(({ name, metrics }) => [name, metrics.n])).toContainEqual(['group: progenitor', 2 * 56]);
  });
});

const meanOf = (updates: readonly Weights[], weights: readonly number[]): readonly number[] =>
  Array.from(updates[0]!.values, (_, at) =>
    updates.reduce((sum, { values }, site) => sum + weights[site]! * values[at]!, 0),
  );

/** Places of all values but moving variances, whose mean is not that of their own. */
function linear({ layout }: Weights): readonly number[] {
  let offset = 0;
  return layout.flatMap(({ name, shape }) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const places = Array.from({ length: size }, (_, index) => offset + index);
    offset += size;
    return name.endsWith('/moving_variance') ? [] : places;
  });
}
