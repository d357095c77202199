import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import type { NamedTensors, Parameter } from '../layers/index.js';
import { weight, zeros } from '../layers/index.js';
import { asRows, denseRows, type LabelledSamples, labelled } from '../samples/index.js';
import type { Model, RateSchedule, StepPlace, TrainOptions } from './index.js';
import { meanLoss, openModel, ratedOptimizer, readTensors, train } from './index.js';

const sgd = { name: 'sgd', rate: 0.1, momentum: 0, weightDecay: 0 } as const;

const values = (numbers: readonly number[]): LabelledSamples =>
  labelled(
    { kind: 'rows', rows: numbers.length, width: 1, values: Float32Array.from(numbers) },
    new Int32Array(numbers.length),
  );

const parameters: readonly Parameter[] = [
  { name: 'near/place', shape: [], draw: zeros },
  { name: 'far/place', shape: [], draw: zeros },
  { name: 'teacher', shape: [], draw: zeros, role: 'averaged' },
];

interface Heard {
  readonly ready: number[];
  readonly places: StepPlace[];
}

/** Two places that are pulled to the mean of a batch, and a teacher that follows the first. No classes. */
function placesModel(heard: Heard = { ready: [], places: [] }): Model {
  const network = (weights: NamedTensors): Omit<Model, keyof ReturnType<typeof openModel>> => ({
    classes: 0,
    classify: null,
    study: ({ input }) => ({
      ready: async (rows) => void heard.ready.push(rows.length),
      loss: (rows, place) => {
        heard.places.push(place);
        const batch = tf.tensor1d(denseRows(asRows(input), rows));
        const miss = (name: string) => batch.sub(weight<tf.Scalar>(weights, name)).square().mean().mul<tf.Scalar>(0.5);
        return miss('near/place').add(miss('far/place'));
      },
      settle: () => {
        const teacher = weight<tf.Variable>(weights, 'teacher');
        teacher.assign(teacher.mul(0.5).add(weight(weights, 'near/place').mul(0.5)));
      },
      dispose: () => {},
    }),
  });
  return openModel({ family: 'toy', preset: 'small', stage: 'train', parameters, seed: 1, network });
}

/** The three tensors after training; `batches` of two rows. */
async function moved(changes: Partial<TrainOptions> = {}, heard?: Heard): Promise<readonly number[]> {
  const model = placesModel(heard);
  const samples = values([2, 2, 2, 2]);
  const how = { model, samples, batchSize: 4, epochs: 1, optimizer: sgd, classWeights: null, seed: 1, ...changes };
  await train(how);
  const after = [...(await readTensors(model.shared))];
  model.dispose();
  return after;
}

beforeAll(() => useBackend('cpu'));

describe('a stage without classes', () => {
  it('is trained by its own loss, and settles what no gradient moves after each step', async () => {
    const [near = 0, far = 0, teacher = 0] = await moved();
    expect(near).toBeCloseTo(0.2, 6);
    expect(far).toBeCloseTo(0.2, 6);
    expect(teacher).toBeCloseTo(0.1, 6);
  });

  it('is told before each batch, and where a step stands in the whole stage', async () => {
    const heard: Heard = { ready: [], places: [] };
    await moved({ batchSize: 2, epochs: 2, course: { round: 2, rounds: 4 } }, heard);
    expect(heard.ready).toEqual([2, 2, 2, 2]);
    expect(heard.places.map(({ step }) => step)).toEqual([4, 5, 6, 7]);
    expect(heard.places.map(({ progress }) => progress)).toEqual([0.25, 0.3125, 0.375, 0.4375]);
    expect(heard.places.every(({ mode }) => mode.training)).toBe(true);
  });

  it('is judged by its loss, which leaves no tensor behind', async () => {
    const model = placesModel();
    const before = tf.memory().numTensors;
    const judged = { model, classWeights: null, batchSize: 2, seed: 1 };
    expect(await meanLoss({ ...judged, samples: values([1, 1, 3, 3, 3]) })).toBeCloseTo((2 * 1 + 3 * 9) / 5, 5);
    expect(await meanLoss({ ...judged, samples: values([]) })).toBeNaN();
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('leaves no tensor behind, with all that may be asked of a training', async () => {
    const before = tf.memory().numTensors;
    await moved({ rates: { 'far/': 0.5 }, proximal: 0.1, gradientLimit: 1, schedule: { name: 'constant' } });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a training', () => {
  it('has rates by name, of which the longest that fits decides', async () => {
    const [near = 0, far = 0] = await moved({ rates: { '': 0.5, 'far/': 0 } });
    expect(near).toBeCloseTo(0.1, 6);
    expect(far).toBe(0);
  });

  it('follows its schedule over all rounds of the stage', async () => {
    const schedule: RateSchedule = { name: 'steps', at: [0.5], factor: 0.1 };
    const first = await moved({ schedule, course: { round: 1, rounds: 2 } });
    const second = await moved({ schedule, course: { round: 2, rounds: 2 } });
    expect(first[0]).toBeCloseTo(0.2, 6);
    expect(second[0]).toBeCloseTo(0.02, 6);
  });

  it('is pulled back to where it began', async () => {
    const one = { epochs: 2, rates: { 'far/': 0 } };
    const [free = 0] = await moved(one);
    const [held = 0] = await moved({ ...one, proximal: 2 });
    expect(free).toBeCloseTo(0.38, 6);
    expect(held).toBeCloseTo(0.38 - 0.1 * 2 * 0.2, 6);
  });

  it('limits the gradients of all tensors together', async () => {
    const [near = 0, far = 0] = await moved({ gradientLimit: 0.1 });
    expect(Math.hypot(near, far)).toBeCloseTo(0.01, 6);
  });
});

describe('ratedOptimizer', () => {
  it('is the plain one where all rates are alike', () => {
    const variable = tf.variable(tf.scalar(1));
    const optimizer = ratedOptimizer(sgd, [{ name: 'a', variable }], {});
    tf.tidy(() => optimizer.apply([tf.scalar(1)]));
    tf.tidy(() => optimizer.apply([tf.scalar(1)], { rate: 0.5 }));
    expect(variable.dataSync()[0]).toBeCloseTo(0.4, 6);
    optimizer.dispose();
    variable.dispose();
  });
});
