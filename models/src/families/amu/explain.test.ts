import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../../backend/index.js';
import { labelled, pick } from '../../samples/index.js';
import { interactions } from '../../synthetic/index.js';
import { train } from '../../training/index.js';
import { attentionAml } from '../attention-aml/index.js';
import type { Finding } from '../family.js';
import { geneAttention, geneEmbedding, geneImportance, geneNeighbours, overlapWithExpression } from './explain.js';
import { type AmuModel, amu, buildAmu, parseOptions } from './index.js';

const cohort = interactions({ seed: 1, genes: 12, sites: [{ name: 'one', patients: 400, shift: 0 }] });
const samples = cohort.sites[0]!.patients;
const genes = cohort.genes;
const planted = [cohort.planted.switch, ...cohort.planted.switched];
const first = (count: number) =>
  pick(
    samples,
    Int32Array.from({ length: count }, (_, row) => row),
  );
const build = (network: string) =>
  buildAmu({ genes: 12, classes: 2, options: parseOptions('small', { network }), seed: 1 });

let model: AmuModel;

beforeAll(async () => {
  await useBackend('wasm');
  model = build('encoder');
  const optimizer = { name: 'adam', rate: 1e-2, weightDecay: 1e-4 } as const;
  await train({ model, samples, batchSize: 50, epochs: 40, optimizer, classWeights: null, seed: 1 });
});

describe('geneImportance', () => {
  it('finds the three planted genes before all others, and adds up', async () => {
    const before = tf.memory().numTensors;
    const how = {
      model,
      samples: first(30),
      reference: first(10),
      genes,
      label: 1,
      patients: 12,
      permutations: 20,
      seed: 4,
    };
    const found = await geneImportance(how);
    expect(found.patients).toBe(12);
    expect(found.residual).toBeLessThan(1e-3);
    const strengths = found.genes.map(({ strength }) => strength);
    expect(strengths).toEqual([...strengths].sort((a, b) => b - a));
    expect(new Set(found.genes.slice(0, 3).map(({ gene }) => gene))).toEqual(new Set(planted));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is the same for a seed', async () => {
    const how = { model, samples: first(5), reference: first(10), genes, patients: 2, permutations: 20 };
    const once = await geneImportance({ ...how, label: 1, seed: 4 });
    expect(await geneImportance({ ...how, label: 1, seed: 4 })).toEqual(once);
  });

  it('stops when told to', async () => {
    const how = { model, samples: first(5), reference: samples, genes, label: 1, patients: 2, seed: 1 };
    await expect(geneImportance({ ...how, signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });
});

describe('the embedding of genes', () => {
  it('names the nearest genes of each', () => {
    const embedding = { rows: 4, width: 2, values: Float32Array.of(1, 0, 2, 0.1, 0, 1, -1, 0) };
    const of = (closeness: 'euclidean' | 'cosine') => geneNeighbours(embedding, ['A', 'B', 'C', 'D'], 2, closeness);
    expect(of('cosine')[0]).toEqual({ gene: 'A', neighbours: ['B', 'C'] });
    expect(of('euclidean')[2]).toEqual({ gene: 'C', neighbours: ['A', 'D'] });
  });

  it('is that of the model', async () => {
    const embedding = await geneEmbedding(model);
    expect(embedding).toMatchObject({ rows: 12, width: 8 });
    expect(embedding?.values.slice(8, 16)).toEqual(
      new Float32Array(model.shared.variables[0]!.slice([1, 0], [1, 8]).dataSync()),
    );
  });

  it('has neighbours that go together in patients, where it was made so, and not where it was not', () => {
    const values = Float32Array.from({ length: 100 * 12 }, (_, index) => {
      const [patient, gene] = [Math.floor(index / 12), index % 12];
      return Math.sin(patient * (1 + Math.floor(gene / 3))) + 0.1 * Math.sin(patient * 31 + gene * 17);
    });
    const patients = labelled({ kind: 'rows', rows: 100, width: 12, values }, new Int32Array(100));
    const groups = (of: (gene: number) => number) =>
      Float32Array.from({ length: 12 * 4 }, (_, index) => (index % 4 === of(Math.floor(index / 4)) ? 1 : 0));
    const together = { rows: 12, width: 4, values: groups((gene) => Math.floor(gene / 3)) };
    const apart = { rows: 12, width: 4, values: groups((gene) => gene % 4) };
    const asMade = overlapWithExpression(together, patients, { k: 2, seed: 1 });
    expect(asMade.overlap).toBe(1);
    expect(asMade.p).toBeLessThan(0.01);
    expect(overlapWithExpression(apart, patients, { k: 2, seed: 1 }).p).toBeGreaterThan(0.05);
  });
});

describe('geneAttention', () => {
  it('is a mean over patients whose rows sum to 1, whatever the batches', async () => {
    const before = tf.memory().numTensors;
    const attention = await geneAttention(model, first(20));
    expect(attention?.layers).toHaveLength(2);
    for (const row of [...attention!.layers.flat(), ...attention!.rollout]) {
      expect(row).toHaveLength(12);
      expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    }
    const [front, back] = [
      await geneAttention(model, first(16)),
      await geneAttention(model, pick(samples, Int32Array.of(16, 17, 18, 19))),
    ];
    const mixed = (front!.layers[1]![3]![5]! * 16 + back!.layers[1]![3]![5]! * 4) / 20;
    expect(attention!.layers[1]![3]![5]).toBeCloseTo(mixed, 6);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('the findings', () => {
  const given = {
    ...{ samples: first(2), ids: ['1', '2'], reference: first(10), features: genes },
    ...{ classes: ['no', 'yes'], minimumPatients: 2, seed: 1 },
  };
  const collect = async (of: AmuModel, changes = {}) => {
    const found: Finding[] = [];
    for await (const finding of amu.explain!(of, { ...given, ...changes })) found.push(finding);
    return found.map(({ name, ...finding }) => ({ name, ...(finding.kind === 'table' ? finding : {}) }));
  };

  it('are tables whose lines fit their heads', async () => {
    const found = await collect(model);
    expect(found.map(({ name, rows }) => [name, rows?.length])).toEqual([
      ...[['gene-neighbours', 24], ['gene-neighbour-overlap', 1], ['attention-rollout', 12], ['shapley-1', 12]], // biome-ignore format: pairs
    ]);
    for (const { header, rows } of found) for (const row of rows ?? []) expect(row).toHaveLength(header?.length ?? -1);
    expect(found[3]?.rows?.[0]?.slice(3, 5)).toEqual(['yes', 2]);
  });

  it('are but the neighbours where patients are too few', async () => {
    expect((await collect(model, { minimumPatients: 3 })).map(({ name }) => name)).toEqual(['gene-neighbours']);
  });

  it('are but the importance of genes where the network has no embedding', async () => {
    const baseline = build('convolution');
    expect((await collect(baseline)).map(({ name }) => name)).toEqual(['shapley-1']);
    baseline.dispose();
  });

  it('refuse a model of another family', async () => {
    const { blueprint } = attentionAml.example(1);
    const other = attentionAml.build({ ...blueprint, seed: 1 });
    await expect(collect(other as AmuModel)).rejects.toThrow(TypeError);
    other.dispose();
  });
});
