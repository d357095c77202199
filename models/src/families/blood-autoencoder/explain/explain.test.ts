import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../../../backend/index.js';
import { inference } from '../../../layers/index.js';
import { type LabelledSamples, pick } from '../../../samples/index.js';
import { bloodLineages, lineageCells } from '../../../synthetic/index.js';
import { train } from '../../../training/index.js';
import type { Explaining, Finding } from '../../family.js';
import { decode } from '../autoencoder.js';
import { type BloodAutoencoderModel, bloodAutoencoder, buildBloodAutoencoder, parseOptions } from '../index.js';
import { homophily } from './homophily.js';
import { decoderSlopes } from './latent-genes.js';
import { tokenAttention } from './token-attention.js';

const classes = ['A', 'B', 'C'];
const cohort = lineageCells({
  ...{ seed: 4, genes: 40, diseases: classes, lineages: bloodLineages.slice(0, 1) },
  sites: [{ name: 'one', donors: 12, cellsPerDonor: 20 }],
});
const samples = centred(cohort.sites[0]!.cells);
const optimizer = { name: 'adam', rate: 5e-3, weightDecay: 0 } as const;
const few = pick(
  samples,
  Int32Array.from({ length: samples.rows / 4 }, (_, index) => 4 * index),
);
const given: Explaining = {
  ...{ samples: few, reference: samples, features: cohort.genes, classes, minimumPatients: 3, seed: 1 },
  ids: Array.from({ length: few.rows }, (_, row) => `cell-${row}`),
};

let autoencoder: BloodAutoencoderModel;
const open: BloodAutoencoderModel[] = [];

const heads = new Map<string, Promise<BloodAutoencoderModel>>();
const headOf = (head: string): Promise<BloodAutoencoderModel> => {
  const made = heads.get(head) ?? trainedHead(head);
  heads.set(head, made);
  return made;
};

async function trainedHead(head: string): Promise<BloodAutoencoderModel> {
  const options = parseOptions('small', { head });
  const model = buildBloodAutoencoder({ features: 40, classes: 3, options, stage: 'head', seed: 2 });
  open.push(model);
  for (const [index, { name }] of model.frozen.layout.entries()) {
    model.frozen.variables[index]!.assign(autoencoder.anatomy.weights[name]!);
  }
  const batchSize = head === 'gcn' ? 240 : 24;
  const epochs = head === 'gcn' ? 80 : 12;
  await train({ ...{ model, samples, batchSize, epochs, optimizer, classWeights: null, seed: 1 } });
  return model;
}

const tableOf = (finding: Finding) => {
  if (finding.kind !== 'table') throw new TypeError('no table');
  return finding;
};

async function found(model: BloodAutoencoderModel, how: Explaining = given) {
  const tables: Record<string, Extract<Finding, { kind: 'table' }>> = {};
  for await (const finding of bloodAutoencoder.explain!(model, how)) {
    if (finding.kind === 'table') tables[finding.name] = finding;
  }
  return tables;
}

beforeAll(async () => {
  await useBackend('wasm');
  const plan = { features: 40, classes: 3, options: parseOptions('small', {}), stage: 'autoencoder', seed: 1 } as const;
  autoencoder = buildBloodAutoencoder(plan);
  open.push(autoencoder);
  await train({
    model: autoencoder,
    ...{ samples, batchSize: 24, epochs: 12, optimizer, classWeights: null, seed: 1 },
  });
});
afterAll(() => {
  for (const model of open) model.dispose();
});

describe('slopes of the decoder', () => {
  it('are what genes change by when a dimension of the code does', async () => {
    const { weights } = autoencoder.anatomy;
    const code = Float32Array.from({ length: 8 }, (_, index) => Math.sin(3 * index));
    const slopes = await decoderSlopes(weights, code);
    const step = 1e-2;
    for (const latent of code.keys()) {
      const moved = (by: number) => code.map((value, index) => value + (index === latent ? by : 0));
      const change = tf.tidy(() => {
        const ends = decode(weights, tf.tensor2d([...moved(step), ...moved(-step)], [2, 8]), inference);
        return ends
          .slice(0, 1)
          .sub(ends.slice(1, 1))
          .div(2 * step);
      });
      change.dataSync().forEach((slope, gene) => {
        expect(slopes[latent * 40 + gene]).toBeCloseTo(slope, 1);
      });
      change.dispose();
    }
  });
});

describe('explanations', () => {
  it.each(['ffn', 'transformer', 'gcn'])(
    'rank genes that a disease moves first, and leave no tensor behind: %s',
    async (head) => {
      const model = await headOf(head);
      const before = tf.memory().numTensors;
      const { genes, map, 'latent-genes': latents, ...own } = await found(model);
      expect(tf.memory().numTensors).toBe(before);
      const planted = new Set(cohort.moved.flatMap(({ genes }) => genes));
      const top = genes!.rows.filter((row) => Number(row[2]) <= 6).map((row) => String(row[3]));
      expect(top).toHaveLength(18);
      expect(top.filter((gene) => planted.has(gene)).length / top.length).toBeGreaterThan(0.85);
      expect(map!.rows).toHaveLength(few.rows);
      expect(map!.rows[0]!.slice(0, 2)).toEqual(['cell-0', 'A']);
      expect(latents!.rows).toHaveLength(3 * 8 * 10);
      expect(Object.keys(own)).toEqual({ ffn: [], transformer: ['attention'], gcn: ['homophily'] }[head]);
    },
  );

  it('share attention out over the dimensions of the code', async () => {
    const attention = await tokenAttention(await headOf('transformer'), given);
    const shares = tableOf(attention)
      .rows.filter((row) => row[0] === 'B' && row[2] === 'rollout')
      .map((row) => Number(row[4]));
    expect(shares).toHaveLength(8);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
  });

  it('say that neighbours are of one disease more often than by chance', async () => {
    const { rows } = tableOf(await homophily(await headOf('gcn'), given));
    expect(rows).toHaveLength(3);
    for (const [, cells, edges, same, blindly] of rows) {
      expect(cells).toBe(20);
      expect(Number(edges)).toBeGreaterThan(20);
      expect(Number(same)).toBeGreaterThan(Number(blindly) + 0.2);
    }
  });

  it('of cells that belong to too few patients show nothing but the map', async () => {
    const { map, ...rest } = await found(await headOf('gcn'), { ...given, minimumPatients: 5, reference: null });
    expect(map!.rows).toHaveLength(few.rows);
    expect(Object.values(rest).flatMap(({ rows }) => rows)).toEqual([]);
  });

  it('of an autoencoder alone are the map and the genes of its code', async () => {
    expect(Object.keys(await found(autoencoder))).toEqual(['map', 'latent-genes']);
  });
});

/** Each gene at mean 0. */
function centred(cells: LabelledSamples): LabelledSamples {
  if (cells.input.kind !== 'rows') throw new TypeError('rows');
  const { values, width } = cells.input;
  const means = new Float64Array(width);
  values.forEach((value, index) => {
    means[index % width]! += value / cells.rows;
  });
  return { ...cells, input: { ...cells.input, values: values.map((value, index) => value - means[index % width]!) } };
}
