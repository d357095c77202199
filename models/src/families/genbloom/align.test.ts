import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../../backend/index.js';
import type { LabelledSamples } from '../../samples/index.js';
import { meanLoss, readTensors, train } from '../../training/index.js';
import { knownOf } from './align.js';
import { parseOptions } from './config.js';
import { example } from './example.js';
import { buildGenbloom, type GenbloomModel } from './network.js';
import { shapeOf } from './shape.js';

const { blueprint, samples } = example(1);
const optimizer = { name: 'adam', rate: 1e-3, weightDecay: 0 } as const;

const build = (options: Record<string, string | number> = {}): GenbloomModel => {
  const parsed = parseOptions('small', { depth: 2, dropout: 0, ...options });
  return buildGenbloom(shapeOf({ ...blueprint, stage: 'align', options: parsed }), 'align', 1);
};

const step = (model: GenbloomModel, given: LabelledSamples = samples) =>
  train({ model, samples: given, batchSize: 16, epochs: 1, optimizer, classWeights: null, seed: 1 });

/** The same smears, of which nobody was tested in one way. */
const without = (name: 'karyotype' | 'mutations'): LabelledSamples => {
  const { width, values } = samples.sides[name]!;
  return { ...samples, sides: { ...samples.sides, [name]: { width, values: values.map(() => Number.NaN) } } };
};

/** Names of the tensors that a step moved. */
async function moved(model: GenbloomModel, given?: LabelledSamples): Promise<readonly string[]> {
  const all = model.trained.map(({ name, variable }) => ({ name, before: variable.dataSync().slice(), variable }));
  await step(model, given);
  return all
    .filter(({ before, variable }) => variable.dataSync().some((value, at) => value !== before[at]))
    .map(({ name }) => name);
}

beforeAll(() => useBackend('wasm'));

describe('findings', () => {
  it('are of those patients of whom anything was looked for', () => {
    const values = Float32Array.of(1, 0, Number.NaN, Number.NaN, Number.NaN, 1);
    const known = knownOf({ sides: { mutations: { width: 2, values } } }, 'mutations', Int32Array.of(2, 1, 0));
    expect(known).toEqual({
      places: Int32Array.of(0, 2),
      rows: 2,
      bits: Uint8Array.of(0, 1, 1, 0),
      tested: Uint8Array.of(0, 1, 1, 1),
    });
    expect(knownOf({ sides: {} }, 'karyotype', Int32Array.of(0, 1)).rows).toBe(0);
  });
});

describe('alignment', () => {
  it.each(['batchLocal', 'batchShared', 'layer'])('brings vectors and findings to length 1: %s', (projectionNorm) => {
    const model = build({ projectionNorm });
    const lengths = tf.tidy(() => {
      const { meeting } = model;
      if (meeting === null) throw new TypeError('vectors and findings do not meet');
      const vectors = meeting.ofVectors(tf.randomNormal<tf.Rank.R2>([3, 32], 0, 1, 'float32', 1));
      const findings = meeting.ofFindings('mutations', tf.tensor2d([[1, 0, 0, 0, 1, 0]]));
      return tf.concat([vectors, findings]).norm('euclidean', 1).arraySync();
    });
    expect(lengths).toHaveLength(4);
    for (const length of [lengths].flat(2)) expect(length).toBeCloseTo(1, 5);
    model.dispose();
  });

  it('falls, and leaves no tensor behind', async () => {
    const model = build();
    const judge = () => meanLoss({ model, samples, classWeights: null, batchSize: 16, seed: 1 });
    const tensors = tf.memory().numTensors;
    const first = (await step(model)).meanLoss;
    const { meanLoss: last } = await train({
      ...{ model, samples, batchSize: 16, epochs: 30, optimizer, classWeights: null, seed: 2 },
    });
    expect(last).toBeLessThan(0.9 * first);
    expect(await judge()).toBe(await judge());
    expect(tf.memory().numTensors).toBe(tensors);
    model.dispose();
  });

  it('leaves a modality alone that no patient of a batch was tested for, and goes on with the other', async () => {
    const model = build();
    const names = await moved(model, without('karyotype'));
    expect(names.filter((name) => name.startsWith('karyotype/'))).toEqual([]);
    expect(names.some((name) => name.startsWith('mutations/encoder/'))).toBe(true);
    expect(names.some((name) => name.startsWith('projection/'))).toBe(true);
    model.dispose();
  });

  it('stands still where nobody was tested at all', async () => {
    const model = build();
    const { sides } = without('karyotype');
    const nobody = { ...samples, sides: { ...without('mutations').sides, karyotype: sides.karyotype! } };
    expect(await moved(model, nobody)).toEqual([]);
    model.dispose();
  });

  it.each([
    { trainScope: 'all', trained: ['embed', 'cls', 'block1', 'block2', 'norm'] },
    { trainScope: 'lastBlock', trained: ['block2', 'norm'] },
    { trainScope: 'heads', trained: [] },
  ])('trains of the aggregator what its scope says: $trainScope', async ({ trainScope, trained }) => {
    const model = build({ trainScope });
    const frozen = await readTensors(model.frozen);
    const names = (await moved(model)).filter((name) => name.startsWith('aggregator/'));
    expect(new Set(names.map((name) => name.split('/')[1]))).toEqual(new Set(trained));
    expect(await readTensors(model.frozen)).toEqual(frozen);
    model.dispose();
  });

  it('keeps the averages of its batch normalisations at the site', async () => {
    const model = build();
    const before = await readTensors(model.local);
    await step(model);
    expect(await readTensors(model.local)).not.toEqual(before);
    expect(model.local.layout.length).toBe(4 * 3);
    model.dispose();
  });

  it('counts only equal findings where it is to', async () => {
    const losses: number[] = [];
    for (const positives of ['jaccard', 'exact']) {
      const model = build({ positives });
      losses.push(await meanLoss({ model, samples, classWeights: null, batchSize: 16, seed: 1 }));
      model.dispose();
    }
    expect(losses[0]).not.toBeCloseTo(losses[1]!, 3);
  });

  it('has no part in the other stages', () => {
    const shape = shapeOf({ ...blueprint, stage: 'probe' });
    const model = buildGenbloom(shape, 'probe', 1);
    expect(model.meeting).toBeNull();
    expect(model.classify).not.toBeNull();
    model.dispose();
  });
});
