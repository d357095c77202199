import { layoutElements, type Weights } from '@consilium/shared/weights';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../../backend/index.js';
import { join, type LabelledSamples, pick, shapeOf } from '../../samples/index.js';
import { phenotypes } from '../../synthetic/index.js';
import { assignTensors, type Beside, predict, readTensors, span, train } from '../../training/index.js';
import type { Explaining, Finding } from '../family.js';
import { initialWeights } from '../initial.js';
import { parseOptions } from './config.js';
import { attentionOf, explain } from './explain.js';
import { genbloom } from './index.js';
import { buildGenbloom, type GenbloomModel, stageOf } from './network.js';
import { shapeOf as shapeFor } from './shape.js';

const smears = (site: string, patients: number): LabelledSamples =>
  phenotypes({
    ...{ seed: 4, site, patients, cells: 16, width: 32, smear: 1, untested: 0.1 },
    ...{ karyotypeBits: 24, mutationBits: 6 },
  });
const sites = ['north', 'east', 'south'].map((name) => smears(name, 20));
const training = join(sites);
const [validation, test] = [smears('validation', 60), smears('test', 90)];
const blueprint = { input: shapeOf(training), classes: 3, options: parseOptions('small', {}) };

/** Mean of those that are numbers. */
function mean(values: Float32Array): number {
  const known = values.filter(Number.isFinite);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

const figure = ({ figures }: Beside, name: string): number =>
  mean(figures.find((one) => one.name === name)?.values ?? new Float32Array());

const accuracy = (probabilities: Float32Array, { y, rows }: LabelledSamples): number =>
  y.reduce((right, label, row) => {
    const own = probabilities.subarray(row * 3, row * 3 + 3);
    return right + Number(own.indexOf(Math.max(...own)) === label);
  }, 0) / rows;

interface StageOf {
  readonly stage: string;
  readonly rounds: number;
  readonly epochs: number;
  readonly rate: number;
  readonly earlier: readonly Weights[];
}

/** A stage over the three sites: each trains from the round's weights, keeps its local tensors, and all others are averaged. */
async function federate({ stage, rounds, epochs, rate, earlier }: StageOf) {
  const start = initialWeights(
    { ...blueprint, family: 'genbloom', preset: 'small', options: {}, stage, seed: 1, earlier },
    [genbloom],
  );
  const models = sites.map((_, index) => buildGenbloom(shapeFor({ ...blueprint, stage }), stageOf(stage), index));
  const results: Float32Array[] = [];
  let shared = start.shared.values;
  for (const model of models) assignTensors(model.frozen, start.frozen?.values ?? new Float32Array());
  for (let round = 1; round <= rounds; round++) {
    const sum = new Float32Array(shared.length);
    for (const [index, model] of models.entries()) {
      assignTensors(model.shared, shared);
      await train({
        ...{ model, samples: sites[index]!, batchSize: 20, epochs, seed: 10 * round + index, classWeights: null },
        ...{ optimizer: { name: 'adam', rate, weightDecay: 0.01 }, gradientLimit: 3, course: { round, rounds } },
      });
      (await readTensors(model.shared)).forEach((value, at) => {
        sum[at]! += value / sites.length;
      });
    }
    shared = sum;
    results.push(shared);
  }
  const [model, ...others] = models;
  for (const other of others) other.dispose();
  if (model === undefined) throw new RangeError('no site');
  const weightsOf = (values: Float32Array): Weights => ({ ...start.shared, values });
  return { model, results: results.map(weightsOf), frozen: start.frozen };
}

const asked = (model: GenbloomModel, judged: LabelledSamples): Promise<Beside> => {
  if (model.beside === undefined) throw new ReferenceError('nothing beside');
  return model.beside({ judged, training, batchSize: 30, seed: 1 });
};

describe('the small preset over three sites', () => {
  let aligned: { readonly model: GenbloomModel; readonly weights: Weights; readonly frozen: Weights | null };

  beforeAll(async () => {
    await useBackend('wasm');
    const first = await federate({ stage: 'pretrain', rounds: 2, epochs: 5, rate: 5e-4, earlier: [] });
    first.model.dispose();
    const pretrained = first.results.at(-1)!;
    const { model, results, frozen } = await federate({
      ...{ stage: 'align', rounds: 8, epochs: 4, rate: 3e-3 },
      earlier: [pretrained, ...(first.frozen === null ? [] : [first.frozen])],
    });
    let [best, weights] = [0, results[0]!];
    for (const result of results.slice(3)) {
      assignTensors(model.shared, result.values);
      const found = figure(await asked(model, validation), 'retrieval-map3');
      if (found > best) [best, weights] = [found, result];
    }
    assignTensors(model.shared, weights.values);
    aligned = { model, weights, frozen };
  }, 120_000);

  it('finds patients of one alteration among others better than the mean of a bag does', async () => {
    const found = await asked(aligned.model, test);
    const [own, meanPool] = [figure(found, 'retrieval-map3'), figure(found, 'mean-pool retrieval-map3')];
    expect(own).toBeGreaterThan(meanPool + 0.15);
    expect(own).toBeGreaterThan(0.6);
    expect(found.panels.map(({ name }) => name)).toEqual([
      ...['nearest-1', 'nearest-5', 'nearest-10', 'mean-pool nearest-5', 'mean-pool logistic'],
    ]);
    const right = new Map(found.panels.map(({ name, probabilities }) => [name, accuracy(probabilities, test)]));
    expect(right.get('nearest-5')).toBeGreaterThan(right.get('mean-pool nearest-5')!);
    for (const { probabilities } of found.panels) {
      for (let row = 0; row < test.rows; row++) {
        expect(mean(probabilities.subarray(3 * row, 3 * row + 3))).toBeCloseTo(1 / 3, 5);
      }
    }
  });

  it('ends in a probe that tells alterations, of which sites share one linear layer alone', {
    timeout: 60_000,
  }, async () => {
    const { weights, frozen } = aligned;
    const earlier = [weights, ...(frozen === null ? [] : [frozen])];
    const { model, results } = await federate({ stage: 'probe', rounds: 4, epochs: 20, rate: 1e-2, earlier });
    assignTensors(model.shared, results.at(-1)!.values);
    expect(layoutElements(model.shared.layout)).toBe(32 * 3 + 3);
    expect(await model.vectors(test, 30)).toEqual(await aligned.model.vectors(test, 30));
    expect(accuracy(await predict({ model, samples: test, batchSize: 32 }), test)).toBeGreaterThan(0.75);
    const tensors = tf.memory().numTensors;
    await asked(model, validation);
    expect(tf.memory().numTensors).toBe(tensors);
    model.dispose();
  });

  describe('explained', () => {
    const few = pick(test, span(0, 8));
    const ids = Array.from(few.y, (_, row) => `patient ${row}`);
    const given: Explaining = {
      ...{ samples: few, ids, reference: training, minimumPatients: 5, seed: 1 },
      ...{ features: [], classes: ['a', 'b', 'c'] },
    };
    const findings = async (changes: Partial<Explaining> = {}) => {
      const found = new Map<string, Extract<Finding, { kind: 'table' }>>();
      for await (const one of explain(aligned.model, { ...given, ...changes })) {
        if (one.kind === 'table') found.set(one.name, one);
      }
      return found;
    };

    it('shows the cells that a patient’s vector comes from', async () => {
      const cells = (await findings()).get('cells');
      expect(cells?.header).toEqual(['patient', 'cell', 'rollout', 'head1', 'head2', 'head3', 'head4']);
      expect(cells?.rows).toHaveLength(8 * 10);
      const { rollout, last } = await attentionOf(aligned.model, few.input, 3);
      expect([rollout.length, last.length]).toEqual([16, 4 * 16]);
      const total = rollout.reduce((sum, value) => sum + value, 0);
      expect(total).toBeGreaterThan(0.1);
      expect(total).toBeLessThan(1);
      for (let head = 0; head < 4; head++) {
        expect(last.subarray(head * 16, head * 16 + 16).reduce((sum, value) => sum + value, 0)).toBeLessThanOrEqual(
          1.00001,
        );
      }
    });

    it('shows the patients most alike, never the patient itself', async () => {
      const nearest = (await findings()).get('nearest');
      expect(nearest?.rows).toHaveLength(8 * 5);
      expect(nearest?.rows.every(([patient, other]) => patient !== other)).toBe(true);
    });

    it('says of each alteration with enough carriers how near a patient is to it', async () => {
      const rows = (await findings()).get('alterations')?.rows ?? [];
      const near = (patient: number, bit: number) =>
        Number(rows.find(([id, name]) => id === `patient ${patient}` && name === `karyotype ${bit + 1}`)?.[3]);
      const right = ids.filter((_, row) => {
        const own = [0, 1, 2].map((bit) => near(row, bit));
        return own.indexOf(Math.max(...own)) === few.y[row];
      });
      expect(right.length).toBeGreaterThanOrEqual(5);
      expect(rows.every(([, , carriers]) => Number(carriers) >= 5)).toBe(true);
    });

    it('says nothing of alterations that too few carry, and leaves no tensor behind', async () => {
      const before = tf.memory().numTensors;
      expect((await findings({ minimumPatients: 50 })).has('alterations')).toBe(false);
      expect((await findings({ reference: null })).has('alterations')).toBe(false);
      expect(tf.memory().numTensors).toBe(before);
    });
  });
});
