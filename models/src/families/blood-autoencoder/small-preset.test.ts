import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../../backend/index.js';
import { type LabelledSamples, pick } from '../../samples/index.js';
import { bloodLineages, lineageCells } from '../../synthetic/index.js';
import { assignTensors, type Model, meanLoss, predict, readTensors, train } from '../../training/index.js';
import { type BloodAutoencoderModel, buildBloodAutoencoder, parseOptions } from './index.js';

const diseases = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];
const [genes, donors] = [64, 28];
const { sites } = lineageCells({
  seed: 5,
  sites: ['one', 'two', 'three'].map((name) => ({ name, donors, cellsPerDonor: 8 })),
  ...{ genes, diseases, lineages: bloodLineages },
});
const progenitors = 0;
const chance = 1 / diseases.length;
const limitMs = 120_000;

type Part = 'train' | 'validation' | 'test';

/** Whole donors: two of the four of each disease are trained on, one is for validation, one for the test. */
const partOf = (donor: number): Part => (['train', 'train', 'validation', 'test'] as const)[Math.floor(donor / 7)]!;

function cellsOf(site: number, lineage: number, part: Part): LabelledSamples {
  const { cells } = sites[site]!;
  const rows = [...cells.y.keys()].filter(
    (row) => cells.groups?.[row] === lineage && partOf(cells.patients[row]!) === part,
  );
  return pick(cells, Int32Array.from(rows));
}

const valuesOf = ({ input }: LabelledSamples): Float32Array =>
  input.kind === 'rows' ? input.values : new Float32Array();

/** Each gene brought to mean 0 and SD 1 by the progenitors of all sites that are trained on. */
const scaled = (() => {
  const known = sites.flatMap((_, site) => [...valuesOf(cellsOf(site, progenitors, 'train'))]);
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
    return { ...cells, input: { kind: 'rows', rows: cells.rows, width: genes, values } };
  };
})();

/** Sites of equal size: weights by their mean, moving averages as those of all rows together. */
function average({ shared: { layout } }: Model, updates: readonly Float32Array[]): Float32Array {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const next = updates[0]!.map((_, index) => mean(updates.map((update) => update[index]!)));
  let offset = 0;
  for (const { name, shape } of layout) {
    const size = shape.reduce((product, length) => product * length, 1);
    if (name.endsWith('/moving_variance')) {
      for (let at = offset; at < offset + size; at++) {
        const before = at - size;
        next[at]! += mean(updates.map((update) => (update[before]! - next[before]!) ** 2));
      }
    }
    offset += size;
  }
  return next;
}

interface Plan {
  readonly rounds: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly rate: number;
}

async function federate(model: Model, { rounds, batchSize, epochs, rate }: Plan): Promise<void> {
  const optimizer = { name: 'adam', rate, weightDecay: 0 } as const;
  const parts = sites.map((_, site) => scaled(site, progenitors, 'train'));
  for (let round = 1; round <= rounds; round++) {
    const base = await readTensors(model.shared);
    const updates: Float32Array[] = [];
    for (const [site, samples] of parts.entries()) {
      assignTensors(model.shared, base);
      await train({
        ...{ model, samples, batchSize, epochs, optimizer, classWeights: null, seed: 100 * round + site },
      });
      updates.push(await readTensors(model.shared));
    }
    assignTensors(model.shared, average(model, updates));
  }
}

/** Unweighted mean over the diseases. */
async function macroF1(model: Model, lineage: number, part: Part): Promise<number> {
  const hits = diseases.map(() => ({ both: 0, said: 0, true: 0 }));
  for (const site of sites.keys()) {
    const samples = scaled(site, lineage, part);
    const reference = scaled(site, progenitors, 'train');
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

/** The next stage with the values of the one before where it has such a tensor. */
async function copy(from: Model, to: Model): Promise<void> {
  const known = new Map<string, Float32Array>();
  for (const group of [from.shared, from.local]) {
    for (const [index, { name }] of group.layout.entries()) {
      known.set(name, Float32Array.from(await group.variables[index]!.data()));
    }
  }
  for (const group of [to.frozen, to.local]) {
    for (const [index, { name, shape }] of group.layout.entries()) {
      const tensor = tf.tensor(known.get(name)!, [...shape]);
      group.variables[index]!.assign(tensor);
      tensor.dispose();
    }
  }
}

const build = (stage: 'autoencoder' | 'head', options = {}) =>
  buildBloodAutoencoder({
    ...{ features: genes, classes: diseases.length, options: parseOptions('small', options), stage, seed: 3 },
  });

describe('the small preset over three sites', () => {
  let autoencoder: BloodAutoencoderModel;

  beforeAll(async () => {
    await useBackend('wasm');
    autoencoder = build('autoencoder');
    await federate(autoencoder, { rounds: 10, batchSize: 16, epochs: 2, rate: 5e-3 });
  }, limitMs);

  it('keeps in eight numbers what tells the diseases: more of the cells than their mean, in cells that it did not see', async () => {
    const untrained = build('autoencoder');
    const loss = (model: Model, site: number) =>
      meanLoss({ model, samples: scaled(site, progenitors, 'test'), classWeights: null, batchSize: 64, seed: 1 });
    for (const site of sites.keys()) {
      expect(await loss(autoencoder, site)).toBeLessThan(0.9);
      expect(await loss(untrained, site)).toBeGreaterThan(1);
    }
    untrained.dispose();
  });

  // Steps and rates were chosen on the validation donors.
  it.each([
    { head: 'ffn', rounds: 10, batchSize: 16, epochs: 2, least: 0.85 },
    { head: 'transformer', rounds: 20, batchSize: 16, epochs: 2, least: 0.7 },
    { head: 'gcn', rounds: 10, batchSize: 112, epochs: 6, least: 0.8 },
  ])(
    'carries diseases from progenitors to monocytes, and to lymphocytes with more errors, never having seen either: $head',
    async ({ head, least, ...plan }) => {
      const model = build('head', { head });
      await copy(autoencoder, model);
      await federate(model, { ...plan, rate: 1e-2 });
      const [progenitor = 0, monocyte = 0, lymphocyte = 0] = [
        await macroF1(model, 0, 'test'),
        await macroF1(model, 1, 'test'),
        await macroF1(model, 2, 'test'),
      ];
      expect(progenitor).toBeGreaterThan(least);
      expect(progenitor).toBeGreaterThan(monocyte);
      expect(monocyte).toBeGreaterThan(lymphocyte);
      expect(lymphocyte).toBeGreaterThan(2 * chance);
      model.dispose();
    },
    limitMs,
  );
});
