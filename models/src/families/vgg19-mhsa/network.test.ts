import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../../backend/index.js';
import { inference } from '../../layers/index.js';
import { discs } from '../../synthetic/index.js';
import { readTensors, train } from '../../training/index.js';
import type { FamilyOptions } from '../family.js';
import { buildVgg19, parseOptions } from './index.js';

beforeAll(() => useBackend('wasm'));

const samples = discs({ seed: 1, site: 'one', images: 16, classes: 4, side: 32, stain: 0 });
const build = (options: FamilyOptions = {}) =>
  buildVgg19({ side: 32, classes: 4, options: parseOptions('small', options), seed: 3 });
const rows = Int32Array.of(0, 1, 2);
const optimizer = { name: 'sgd', rate: 0.1, momentum: 0, weightDecay: 0 } as const;
const step = (model: ReturnType<typeof build>) =>
  train({ model, samples, batchSize: 16, epochs: 1, optimizer, classWeights: null, seed: 1 });

const logitsOf = (model: ReturnType<typeof build>, wanted: Int32Array): Float32Array => {
  const values = tf.tidy(() =>
    Float32Array.from(
      model
        .conclude(model.trunk(model.feed(samples.input).take(wanted, inference), inference), inference)
        .logits.dataSync(),
    ),
  );
  return values;
};

const everyWay = ['none', 'group', 'batchLocal', 'batchShared'].map((normalisation) => ({ normalisation }));

describe.each([...everyWay, { attention: false }, { positions: true }, { loss: 'crossEntropy' }])(
  'the small network with %o',
  (options) => {
    it('tells classes of each image whatever stands beside it, and a step changes all that is trained', async () => {
      const before = tf.memory().numTensors;
      const model = build(options);
      const [all, alone] = [logitsOf(model, rows), logitsOf(model, Int32Array.of(2))];
      expect(all).toHaveLength(3 * 4);
      alone.forEach((value, index) => {
        expect(value).toBeCloseTo(all[8 + index]!, 4);
      });
      const values = () => model.trained.map(({ variable }) => variable.dataSync().slice());
      const start = values();
      const { meanLoss } = await step(model);
      expect(Number.isFinite(meanLoss)).toBe(true);
      values().forEach((moved, index) => {
        expect(moved, model.trained[index]!.name).not.toEqual(start[index]);
      });
      model.dispose();
      expect(tf.memory().numTensors).toBe(before);
    });
  },
);

describe('attention', () => {
  it('looks at all places of the last block, in shares', () => {
    const model = build();
    const weights = tf.tidy(() => {
      const maps = model.trunk(model.feed(samples.input).take(rows, inference), inference);
      expect(maps.shape).toEqual([3, 8, 8, 32]);
      return model.conclude(maps, inference).attention()?.clone();
    });
    expect(weights?.shape).toEqual([3, 4, 16, 16]);
    weights
      ?.sum(-1)
      .dataSync()
      .forEach((sum) => {
        expect(sum).toBeCloseTo(1, 5);
      });
    weights?.dispose();
    model.dispose();
  });

  it('is none where the network has none', () => {
    const model = build({ attention: false });
    const maps = model.trunk(model.feed(samples.input).take(rows, inference), inference);
    expect(model.conclude(maps, inference).attention()).toBeNull();
    maps.dispose();
    model.dispose();
  });
});

describe('frozen blocks', () => {
  it('stay as they are, their moving averages too, while the rest is trained', async () => {
    const model = build({ freezeBlocks: 2, normalisation: 'batchShared' });
    expect(model.frozen.layout.map(({ name }) => name)).toEqual(
      [1, 2].flatMap((block) =>
        [1, 2].flatMap((place) => [
          `block${block}/conv${place}/kernel`,
          ...['gamma', 'beta', 'moving_mean', 'moving_variance'].map((name) => `block${block}/norm${place}/${name}`),
        ]),
      ),
    );
    const [frozen, shared] = [await readTensors(model.frozen), await readTensors(model.shared)];
    await step(model);
    expect(await readTensors(model.frozen)).toEqual(frozen);
    expect(await readTensors(model.shared)).not.toEqual(shared);
    model.dispose();
  });
});

it('changes images at random while training alone, where it is told to', async () => {
  const learned = async (augment: boolean) => {
    const model = build({ augment, dropout: 0 });
    const judged = logitsOf(model, rows);
    const { meanLoss } = await step(model);
    model.dispose();
    return { judged, meanLoss };
  };
  const [plain, changed, again] = [await learned(false), await learned(true), await learned(true)];
  expect(changed.judged).toEqual(plain.judged);
  expect(changed.meanLoss).not.toBe(plain.meanLoss);
  expect(again.meanLoss).toBe(changed.meanLoss);
});
