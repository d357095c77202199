import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../../backend/index.js';
import { pick, shapeOf } from '../../samples/index.js';
import { phenotypes } from '../../synthetic/index.js';
import { type Model, meanLoss, readTensors, train } from '../../training/index.js';
import { initialWeights } from '../initial.js';
import { parseOptions } from './config.js';
import { example } from './example.js';
import { genbloom } from './index.js';

const smears = phenotypes({
  ...{ seed: 4, site: 'one', patients: 60, cells: 16, width: 32, smear: 1, untested: 0.1 },
  ...{ karyotypeBits: 24, mutationBits: 6 },
});
const optimizer = { name: 'adam', rate: 5e-4, weightDecay: 0.04 } as const;

/** Tensors of a model by name. */
const byName = (model: Model): ReadonlyMap<string, tf.Variable> =>
  new Map(
    [model.shared, model.frozen].flatMap(({ layout, variables }) =>
      layout.map(({ name }, index) => [name, variables[index]!] as const),
    ),
  );

const valuesOf = (model: Model, name: string): Float32Array => {
  const variable = byName(model).get(name);
  if (variable === undefined) throw new ReferenceError(name);
  return variable.dataSync<'float32'>();
};

const build = (options: Record<string, number | string> = {}) => {
  const { blueprint, samples } = example(1);
  const parsed = parseOptions('small', { depth: 1, localViews: 1, ...options });
  return { model: genbloom.build({ ...blueprint, options: parsed, seed: 1 }), samples };
};

beforeAll(() => useBackend('wasm'));

describe('self-distillation', () => {
  it.each(['centred', 'sinkhorn'])('of 60 smears falls by a fifth within 50 steps: %s', async (teacher) => {
    const options = parseOptions('small', { teacher });
    const model = genbloom.build({ input: shapeOf(smears), classes: 3, options, stage: 'pretrain', seed: 1 });
    const epochs: number[] = [];
    await train({
      ...{
        model,
        samples: smears,
        batchSize: 20,
        epochs: 17,
        optimizer,
        classWeights: null,
        seed: 1,
        gradientLimit: 3,
      },
      onProgress: ({ epochLoss }) => void epochs.push(epochLoss ?? Number.NaN),
    });
    expect(epochs.at(-1)!).toBeLessThan(0.8 * epochs[0]!);
    model.dispose();
  });

  it('starts the student as its teacher, which follows it by its momentum', async () => {
    const { model, samples } = build({ momentum: 0.9 });
    const name = 'aggregator/block1/feed1/kernel';
    const before = valuesOf(model, name);
    expect(valuesOf(model, `student/${name}`)).toEqual(before);
    await train({ model, samples, batchSize: 16, epochs: 1, optimizer, classWeights: null, seed: 1 });
    const [student, teacher] = [valuesOf(model, `student/${name}`), valuesOf(model, name)];
    expect(student).not.toEqual(before);
    teacher.forEach((value, index) => {
      expect(value).toBeCloseTo(0.9 * before[index]! + 0.1 * student[index]!, 6);
    });
    model.dispose();
  });

  it('moves both centres after a batch, and none under Sinkhorn', async () => {
    for (const [teacher, moves] of [
      ['centred', true],
      ['sinkhorn', false],
    ] as const) {
      const { model, samples } = build({ teacher });
      await train({ model, samples, batchSize: 16, epochs: 1, optimizer, classWeights: null, seed: 1 });
      for (const name of ['centre/patients', 'centre/cells']) {
        expect(valuesOf(model, name).some((value) => value !== 0)).toBe(moves);
      }
      model.dispose();
    }
  });

  it('holds the prototypes for the share of the stage that is asked for', async () => {
    const { model, samples } = build({ prototypesHeld: 0.5 });
    const name = 'student/head/prototypes/direction';
    const free = { ...optimizer, weightDecay: 0 };
    const step = (round: number) =>
      train({
        model,
        samples,
        batchSize: 16,
        epochs: 1,
        optimizer: free,
        classWeights: null,
        seed: 1,
        course: { round, rounds: 2 },
      });
    const before = valuesOf(model, name);
    await step(1);
    expect(valuesOf(model, name)).toEqual(before);
    await step(2);
    expect(valuesOf(model, name)).not.toEqual(before);
    model.dispose();
  });

  it('adds noise to features where it is to', async () => {
    const losses: number[] = [];
    for (const noise of [0, 0.5]) {
      const { model, samples } = build({ noise });
      const { meanLoss } = await train({
        model,
        samples,
        batchSize: 16,
        epochs: 1,
        optimizer,
        classWeights: null,
        seed: 1,
      });
      losses.push(meanLoss);
      model.dispose();
    }
    expect(losses[0]).not.toBe(losses[1]);
  });

  it('is judged without a step: the same loss again, and no tensor left behind', async () => {
    const { model, samples } = build();
    const judge = (rows: number) =>
      meanLoss({
        model,
        samples: pick(
          samples,
          Int32Array.from({ length: rows }, (_, row) => row),
        ),
        classWeights: null,
        batchSize: 8,
        seed: 3,
      });
    const before = tf.memory().numTensors;
    const first = await judge(16);
    expect(await judge(16)).toBe(first);
    expect(await judge(1)).toBeGreaterThan(0);
    expect(tf.memory().numTensors).toBe(before);
    expect(model.classify).toBeNull();
    model.dispose();
  });
});

describe('the stages after it', () => {
  const start = async (stage: string) => {
    const { model } = build();
    const { blueprint } = example(1);
    const shared = valuesOf(model, 'aggregator/cls').length > 0 ? await readTensors(model.shared) : new Float32Array();
    const moved = shared.map((value) => value + 1);
    const earlier = [{ layout: model.shared.layout, metadata: model.metadata, values: moved }];
    const place = { family: 'genbloom', preset: 'small', options: { depth: 1 }, stage, seed: 9 };
    const weights = initialWeights({ ...place, input: blueprint.input, classes: 3, earlier }, [genbloom]);
    const teacher = valuesOf(model, 'aggregator/embed/kernel').map((value) => value + 1);
    model.dispose();
    return { ...weights, teacher };
  };

  it.each([
    ['align', 'shared'],
    ['probe', 'frozen'],
    ['pretrain', 'shared'],
  ] as const)('go on from the teacher: %s', async (stage, group) => {
    const { [group]: weights, teacher } = await start(stage);
    const prefix = 'aggregator/embed/kernel';
    let offset = 0;
    const found: Float32Array[] = [];
    for (const { name, shape } of weights?.layout ?? []) {
      const end = offset + shape.reduce((product, length) => product * length, 1);
      if (name.endsWith(prefix)) found.push(weights!.values.slice(offset, end));
      offset = end;
    }
    expect(found.length).toBe(stage === 'pretrain' ? 2 : 1);
    for (const values of found) expect(values).toEqual(teacher);
  });
});
