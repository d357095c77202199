import { useBackend } from '@consilium/models/backend';
import { type LabelledSamples, pick } from '@consilium/models/samples';
import { bloodLineages, lineageCells } from '@consilium/models/synthetic';
import { predict } from '@consilium/models/training';
import { readRunFile } from '@consilium/shared/contract';
import { siteId } from '@consilium/shared/ids';
import { beforeAll, describe, expect, it } from 'vitest';
import { federate, type PreparedSite } from './harness/federation.js';

const diseases = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];
const [genes, donors, chance] = [64, 28, 1 / diseases.length];
const cohort = lineageCells({
  seed: 5,
  sites: ['one', 'two', 'three'].map((name) => ({ name, donors, cellsPerDonor: 8 })),
  ...{ genes, diseases, lineages: bloodLineages },
});
const progenitors = 0;

type Part = keyof PreparedSite['parts'];

/** Whole donors: two of the four of each disease are trained on, one is for validation, one for the test. */
const partOf = (donor: number): Part => (['train', 'train', 'validation', 'test'] as const)[Math.floor(donor / 7)]!;

function cellsOf(site: number, lineage: number, part: Part): LabelledSamples {
  const { cells } = cohort.sites[site]!;
  const rows = [...cells.y.keys()].filter(
    (row) => cells.groups?.[row] === lineage && partOf(cells.patients[row]!) === part,
  );
  return pick(cells, Int32Array.from(rows));
}

const valuesOf = ({ input }: LabelledSamples): Float32Array =>
  input.kind === 'rows' ? input.values : new Float32Array();

/** Each gene brought to mean 0 and SD 1 by the progenitors of all sites that are trained on. */
const scaled = (() => {
  const known = cohort.sites.flatMap((_, site) => [...valuesOf(cellsOf(site, progenitors, 'train'))]);
  const scales = Array.from({ length: genes }, (_, gene) => {
    const own = known.filter((_, index) => index % genes === gene);
    const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
    return { mean, sd: Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length) };
  });
  return (site: number, lineage: number, part: Part): LabelledSamples => {
    const cells = cellsOf(site, lineage, part);
    const values = valuesOf(cells).map((value, index) => {
      const { mean, sd } = scales[index % genes]!;
      return (value - mean) / sd;
    });
    return { ...cells, groups: null, input: { kind: 'rows', rows: cells.rows, width: genes, values } };
  };
})();

const sites = cohort.sites.map(({ name }, site): PreparedSite => {
  const part = (which: Part) => scaled(site, progenitors, which);
  return {
    site: siteId.parse(name),
    parts: { train: part('train'), validation: part('validation'), test: part('test') },
  };
});

/** Rounds, steps and rates were chosen on the validation donors. */
const runOf = (head: string, stage: string) =>
  readRunFile(`name: lineages
model: { family: blood-autoencoder, preset: small, classes: [${diseases.join(', ')}], options: { head: ${head} } }
data: { kind: expression-table, label: disease, files: { features: cells.csv } }
training: { rounds: 10, localEpochs: 2, batchSize: 16, optimizer: { name: adam, rate: 0.005 } }
stages:
  - { name: autoencoder }
  - { name: head, optimizer: { name: adam, rate: 0.01 }, ${stage} }
validation: { bootstrap: 0 }
`);

const sorted = (values: Float32Array | undefined) => [...(values ?? [])].sort((a, b) => a - b);

/** Unweighted mean over the diseases, of a lineage's test cells at all sites. */
async function macroF1(model: Parameters<typeof predict>[0]['model'], lineage: number): Promise<number> {
  const hits = diseases.map(() => ({ both: 0, said: 0, true: 0 }));
  for (const site of cohort.sites.keys()) {
    const samples = scaled(site, lineage, 'test');
    const reference = sites[site]!.parts.train;
    const probabilities = await predict({ model, samples, reference, batchSize: 128 });
    samples.y.forEach((label, row) => {
      const scores = probabilities.subarray(row * diseases.length, (row + 1) * diseases.length);
      const said = scores.indexOf(Math.max(...scores));
      hits[said]!.said++;
      hits[label]!.true++;
      if (said === label) hits[label]!.both++;
    });
  }
  return hits.reduce((sum, hit) => sum + (2 * hit.both) / (hit.said + hit.true), 0) / diseases.length;
}

describe('blood-autoencoder over three hospitals', () => {
  beforeAll(async () => void (await useBackend('wasm')));

  it.each([
    { head: 'ffn', stage: 'rounds: 10', least: 0.85 },
    { head: 'transformer', stage: 'rounds: 20', least: 0.7 },
    { head: 'gcn', stage: 'localEpochs: 6, batchSize: 112', least: 0.8 },
  ])(
    'carries diseases from progenitors to monocytes, and to lymphocytes with more errors, never having seen either: $head',
    async ({ head, stage, least }) => {
      const { model, state, test, updates, stages } = await federate(runOf(head, stage), sites);
      expect(state).toMatchObject({ phase: 'closed', outcome: 'complete' });
      const f1 = [await macroF1(model, 0), await macroF1(model, 1), await macroF1(model, 2)];
      model.dispose();
      const [progenitor = 0, monocyte = 0, lymphocyte = 0] = f1;
      expect(progenitor).toBeGreaterThan(least);
      expect(progenitor).toBeGreaterThan(monocyte);
      expect(monocyte).toBeGreaterThan(lymphocyte);
      expect(lymphocyte).toBeGreaterThan(2 * chance);
      expect(test.metrics?.macroF1).toBeCloseTo(progenitor, 10);
      expect(test.panels?.map(({ name }) => name)).toEqual(['majority', 'pca-logistic']);
      expect(test.figures?.map(({ name }) => name)).toEqual(['reconstruction-mse', 'reconstruction-r2']);
      const [autoencoder, last] = stages;
      expect(sorted(last?.frozen?.values)).toEqual(sorted(autoencoder?.model.values));
      for (const { layout } of updates[1]?.values() ?? []) {
        expect(layout.filter(({ name }) => !/^(?:head|code)\//.test(name))).toEqual([]);
      }
    },
    120_000,
  );
});
