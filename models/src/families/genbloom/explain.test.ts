import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../../backend/index.js';
import { type LabelledSamples, pick, shapeOf } from '../../samples/index.js';
import { phenotypes } from '../../synthetic/index.js';
import { span, train } from '../../training/index.js';
import type { Explaining, Finding } from '../family.js';
import { parseOptions } from './config.js';
import { attentionOf, explain } from './explain.js';
import { buildGenbloom, type GenbloomModel } from './network.js';
import { shapeOf as shapeFor } from './shape.js';

const smears = (site: string, patients: number): LabelledSamples =>
  phenotypes({
    ...{ seed: 4, site, patients, cells: 16, width: 32, smear: 1, untested: 0.1 },
    ...{ karyotypeBits: 24, mutationBits: 6 },
  });
const training = smears('north', 60);
const few = pick(smears('test', 30), span(0, 8));

/** A model aligned in one place. */
async function align(): Promise<GenbloomModel> {
  const blueprint = { input: shapeOf(training), classes: 3, options: parseOptions('small', {}), stage: 'align' };
  const model = buildGenbloom(shapeFor(blueprint), 'align', 1);
  await train({
    ...{ model, samples: training, batchSize: 20, epochs: 15, classWeights: null, seed: 1, gradientLimit: 3 },
    optimizer: { name: 'adam', rate: 3e-3, weightDecay: 0.01 },
  });
  return model;
}

describe('an explanation', () => {
  let model: GenbloomModel;
  beforeAll(async () => {
    await useBackend('wasm');
    model = await align();
    return () => model.dispose();
  });

  const ids = Array.from(few.y, (_, row) => `patient ${row}`);
  const given: Explaining = {
    ...{ samples: few, ids, reference: training, minimumPatients: 5, seed: 1 },
    ...{ features: [], classes: ['a', 'b', 'c'] },
  };
  const findings = async (changes: Partial<Explaining> = {}) => {
    const found = new Map<string, Extract<Finding, { kind: 'table' }>>();
    for await (const one of explain(model, { ...given, ...changes })) {
      if (one.kind === 'table') found.set(one.name, one);
    }
    return found;
  };

  it('shows the cells that a patient’s vector comes from', async () => {
    const cells = (await findings()).get('cells');
    expect(cells?.header).toEqual(['patient', 'cell', 'rollout', 'head1', 'head2', 'head3', 'head4']);
    expect(cells?.rows).toHaveLength(8 * 10);
    const { rollout, last } = await attentionOf(model, few.input, 3);
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
