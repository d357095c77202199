import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../../backend/index.js';
import { labelled, pick } from '../../samples/index.js';
import { amlCohort } from '../../synthetic/index.js';
import { predict, train } from '../../training/index.js';
import type { Finding } from '../family.js';
import type { AttentionAmlModel } from './index.js';
import {
  attentionAml,
  buildAttentionAml,
  classAttention,
  embed,
  markerGenes,
  markerStability,
  parseOptions,
} from './index.js';

const classes = ['A', 'B', 'C', 'D', 'E'];
const fast = { name: 'adam', rate: 1e-2, weightDecay: 0 } as const;
const optimizer = { name: 'adam', rate: 3e-3, weightDecay: 1e-3 } as const;

const cohort = amlCohort({
  seed: 3,
  sites: [{ name: 'one', patients: 200, classShares: classes.map(() => 1), shift: 0 }],
  features: 64,
  classes,
  markersPerClass: 6,
});

/** The first patients of the cohort, each gene scaled to mean 0 and SD 1 over all patients. */
function scaled(patients: number) {
  const { expression, samples } = cohort.sites[0]!;
  const columns = expression.header.slice(1).map((_, gene) => expression.rows.map((row) => Number(row[gene + 1])));
  const scales = columns.map((values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return { mean, sd: Math.sqrt(variance) };
  });
  const values = Float32Array.from({ length: patients * 64 }, (_, index) => {
    const [row, gene] = [Math.floor(index / 64), index % 64];
    return (columns[gene]![row]! - scales[gene]!.mean) / scales[gene]!.sd;
  });
  const y = Int32Array.from({ length: patients }, (_, row) => classes.indexOf(String(samples.rows[row]![2])));
  return labelled({ kind: 'rows', rows: patients, width: 64, values }, y);
}

const build = (attentionMode: string, dropout = 0): AttentionAmlModel =>
  buildAttentionAml({ features: 64, classes: 5, options: parseOptions('small', { attentionMode, dropout }), seed: 1 });

beforeAll(() => useBackend('wasm'));

describe.each(['featureTokens', 'singleToken'])('the small preset, %s', (mode) => {
  it('overfits 32 synthetic patients', async () => {
    const model = build(mode);
    const samples = scaled(32);
    const loss = async () => {
      const probabilities = await predict({ model, samples, batchSize: 32 });
      return samples.y.reduce((sum, label, row) => sum - Math.log(probabilities[row * 5 + label]!) / 32, 0);
    };
    const before = await loss();
    await train({ model, samples, batchSize: 16, epochs: 40, optimizer: fast, classWeights: null, seed: 1 });
    expect(before).toBeGreaterThan(1);
    expect(await loss()).toBeLessThan(0.05);
    model.dispose();
  });
});

describe('explanations', () => {
  let model: AttentionAmlModel;
  const samples = scaled(100);
  const features = cohort.sites[0]!.expression.header.slice(1);

  beforeAll(async () => {
    await useBackend('wasm');
    model = build('featureTokens', 0.2);
    await train({ model, samples: scaled(200), batchSize: 32, epochs: 40, optimizer, classWeights: null, seed: 1 });
  });

  it('find at least four of five planted marker genes, raised, among as many of the strongest', async () => {
    const found = await markerGenes({ model, samples, features, genes: 6, minimumPatients: 5 });
    const recalled = found.map(({ label, patients, residual, genes }) => {
      expect(patients).toBeGreaterThanOrEqual(5);
      expect(residual).toBeLessThan(0.02);
      const planted = genes.filter(({ feature }) => cohort.markers[label]!.genes.includes(feature));
      expect(planted.every(({ direction }) => direction === 'over')).toBe(true);
      expect(genes.map(({ strength }) => strength)).toEqual(
        genes.map(({ strength }) => strength).sort((a, b) => b - a),
      );
      return planted.length;
    });
    expect(recalled.reduce((sum, count) => sum + count, 0) / (5 * 6)).toBeGreaterThanOrEqual(0.8);
  });

  it('say nothing about a class with too few patients', async () => {
    const few = pick(
      samples,
      Int32Array.from({ length: 20 }, (_, row) => row),
    );
    const found = await markerGenes({ model, samples: few, features, genes: 6, minimumPatients: 50 });
    expect(found).toEqual(classes.map((_, label) => ({ label, patients: 0, residual: 0, genes: [] })));
    const attention = await classAttention({ model, samples: few, minimumPatients: 50 });
    expect(attention).toEqual(classes.map((_, label) => ({ label, patients: 0, blocks: [] })));
  });

  it('place patients of one class nearer to one another than to others', async () => {
    const embedding = await embed({ model, samples });
    expect(embedding).toHaveLength(100 * 16);
    const distance = (a: number, b: number) =>
      Math.hypot(...embedding.slice(a * 16, a * 16 + 16).map((value, index) => value - embedding[b * 16 + index]!));
    let [same, sameCount, other, otherCount] = [0, 0, 0, 0];
    for (let a = 0; a < 60; a++) {
      for (let b = 0; b < a; b++) {
        if (samples.y[a] === samples.y[b]) [same, sameCount] = [same + distance(a, b), sameCount + 1];
        else [other, otherCount] = [other + distance(a, b), otherCount + 1];
      }
    }
    expect(same / sameCount).toBeLessThan(0.7 * (other / otherCount));
  });

  it('show attention whose rows sum to 1, and leave no tensor behind', async () => {
    const before = tf.memory().numTensors;
    const shown = await classAttention({ model, samples, minimumPatients: 5 });
    expect(shown.map(({ blocks }) => blocks.map(({ attention }) => attention.length))).toEqual(
      classes.map(() => [4, 4]),
    );
    for (const { attention, rollout } of shown.flatMap(({ blocks }) => blocks)) {
      for (const row of [...attention, ...rollout]) {
        expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
      }
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('come as tables: a map, its clusters, markers, attention, and the genes of each patient', async () => {
    const before = tf.memory().numTensors;
    const half = { ...samples, y: samples.y.map((label, row) => (row % 2 === 0 ? label : -1)) };
    const ids = Array.from(samples.y, (_, row) => `row-${row + 1}`);
    const tables = new Map<string, Extract<Finding, { kind: 'table' }>>();
    const given = { samples: half, ids, reference: null, features, classes, minimumPatients: 5, seed: 1 };
    for await (const finding of attentionAml.explain!(model, given)) {
      if (finding.kind === 'table') tables.set(finding.name, finding);
    }
    expect(tf.memory().numTensors).toBe(before);
    expect([...tables.keys()]).toEqual(['map', 'clusters', 'markers', 'attention', 'attributions']);
    for (const { header, rows } of tables.values()) for (const row of rows) expect(row).toHaveLength(header.length);
    expect(tables.get('map')!.rows).toHaveLength(100);
    expect(tables.get('map')!.rows[1]!.slice(0, 2)).toEqual(['row-2', '']);
    const [patients, silhouette, rand] = tables.get('clusters')!.rows[0]!;
    expect(patients).toBe(50);
    expect(silhouette).toBeGreaterThan(0.2);
    expect(rand).toBeGreaterThan(0.5);
    expect(tables.get('markers')!.rows).toHaveLength(5 * 50);
    const own = tables.get('attributions')!.rows;
    expect(own).toHaveLength(100 * 20);
    const planted = new Map(cohort.markers.map(({ genes }, label) => [classes[label], genes]));
    const first = own.filter((row) => row[3] === 1);
    expect(
      first.filter(([, label, , , gene]) => planted.get(String(label))!.includes(String(gene))).length,
    ).toBeGreaterThan(80);
  });

  it('name mostly the same genes when other patients were learnt from', async () => {
    const all = scaled(200);
    const folds = [];
    for (const fold of [0, 1]) {
      const rows = Int32Array.from(all.y.keys()).filter((row) => row % 2 === fold);
      const own = build('featureTokens', 0.2);
      const part = pick(all, rows);
      await train({ model: own, samples: part, batchSize: 32, epochs: 60, optimizer, classWeights: null, seed: 1 });
      folds.push(await markerGenes({ model: own, samples: part, features, genes: 6, minimumPatients: 5 }));
      own.dispose();
    }
    const stability = markerStability(folds, 6);
    expect(stability).toHaveLength(5);
    // Two sets of six drawn from 64 share 0.05.
    expect(stability.reduce((sum, share) => sum + share, 0) / 5).toBeGreaterThan(0.5);
    expect(markerStability([folds[0]!, folds[0]!], 6)).toEqual([1, 1, 1, 1, 1]);
    expect(markerStability([folds[0]!], 6)).toEqual(Array(5).fill(Number.NaN));
  });
});
