import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { blueprintOf } from '../families/index.js';
import { stream } from '../layers/index.js';
import { labelled } from '../samples/index.js';
import { cutBatches } from './batches.js';
import type { Progress, TrainOptions } from './index.js';
import { assignTensors, predict, progressSteps, readTensors, train } from './index.js';

const features = 12;
const classes = 3;
const adam = { name: 'adam', rate: 0.01, weightDecay: 0 } as const;

/** Three separable clouds of points. */
function cloud(rows: number) {
  const random = stream(5, 'cloud');
  const y = Int32Array.from({ length: rows }, (_, row) => row % classes);
  const values = Float32Array.from({ length: rows * features }, (_, index) => {
    const label = y[Math.floor(index / features)];
    return random.normal() + (index % features === label ? 4 : 0);
  });
  return labelled({ kind: 'rows', rows, width: features, values }, y);
}

const small = (dropout = 0) => {
  const { family, blueprint } = blueprintOf({
    ...{ family: 'attention-aml', preset: 'small', options: { dropout }, stage: 'train' },
    ...{ input: { kind: 'rows', width: features }, classes },
  });
  return family.build({ ...blueprint, seed: 1 });
};

/** Trains a fresh model; its weights afterwards. */
async function trained(changes: Partial<TrainOptions> = {}, dropout = 0) {
  const model = small(dropout);
  const result = await train({
    ...{ model, samples: cloud(40), batchSize: 8, epochs: 2, optimizer: adam, classWeights: null, seed: 11 },
    ...changes,
  });
  const weights = await readTensors(model.shared);
  model.dispose();
  return { ...result, weights };
}

beforeAll(() => useBackend('cpu'));

describe('train', () => {
  it('learns', async () => {
    const model = small();
    const samples = cloud(60);
    const losses: number[] = [];
    for (let round = 0; round < 10; round++) {
      const { meanLoss } = await train({
        ...{ model, samples, batchSize: 8, epochs: 1, optimizer: adam, classWeights: null, seed: round },
      });
      losses.push(meanLoss);
    }
    expect(losses.at(-1)).toBeLessThan(0.2 * losses[0]!);
    const probabilities = await predict({ model, samples, batchSize: 16 });
    const right = samples.y.filter((label, row) => {
      const scores = probabilities.subarray(row * classes, (row + 1) * classes);
      return scores.indexOf(Math.max(...scores)) === label;
    });
    expect(right.length).toBeGreaterThan(55);
    model.dispose();
  });

  it('gives the same weights for the same seed, with dropout too', async () => {
    const [first, again] = [await trained({}, 0.3), await trained({}, 0.3)];
    expect(first.weights).toEqual(again.weights);
    expect(first.meanLoss).toBe(again.meanLoss);
  });

  it('orders rows by the seed', async () => {
    expect((await trained()).weights).not.toEqual((await trained({ seed: 12 })).weights);
  });

  it('draws dropout masks by the seed', async () => {
    const oneBatch = { batchSize: 40, epochs: 1 };
    const [first, other] = [await trained(oneBatch, 0.3), await trained({ ...oneBatch, seed: 12 }, 0.3)];
    expect(first.weights).not.toEqual(other.weights);
  });

  it('starts each call with a fresh optimizer', async () => {
    const model = small();
    const start = await readTensors(model.shared);
    const once = { model, samples: cloud(8), batchSize: 8, epochs: 1, optimizer: adam, classWeights: null, seed: 1 };
    await train(once);
    const first = await readTensors(model.shared);
    assignTensors(model.shared, start);
    await train(once);
    expect(await readTensors(model.shared)).toEqual(first);
    model.dispose();
  });

  it('keeps the number of tensors constant over steps and gives all of them back', async () => {
    const before = tf.memory().numTensors;
    const during: number[] = [];
    await trained({ epochs: 6, onProgress: () => during.push(tf.memory().numTensors) }, 0.2);
    expect(during).toHaveLength(6);
    expect(new Set(during).size).toBe(1);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('tells its progress every so many steps and at the end of each epoch', async () => {
    const seen: Progress[] = [];
    const { batches, meanLoss } = await trained({ batchSize: 2, onProgress: (progress) => seen.push(progress) });
    expect(batches).toBe(40);
    const places = [
      [1, progressSteps, 40],
      [1, 2 * progressSteps, 40],
      [1, 20, 40],
      [2, 20 + progressSteps, 40],
      [2, 20 + 2 * progressSteps, 40],
      [2, 40, 40],
    ];
    expect(seen.map(({ epoch, done, total }) => [epoch, done, total])).toEqual(places);
    const [none, , first, still, , second] = seen.map(({ epochLoss }) => epochLoss);
    expect(none).toBeNull();
    expect(still).toBe(first);
    expect(meanLoss).toBeCloseTo((first! + second!) / 2, 12);
  });

  it('means the losses in double precision, row by row', async () => {
    const losses: number[] = [];
    const one = { epochs: 1, optimizer: { name: 'sgd', rate: 0, momentum: 0, weightDecay: 0 } } as const;
    const { meanLoss } = await trained({ ...one, batchSize: 40, onProgress: ({ loss }) => losses.push(loss) });
    expect(meanLoss).toBe(losses[0]);
    // Batches of 16 and 24 rows under the same weights: the mean over rows is that of the whole.
    expect((await trained({ ...one, batchSize: 16 })).meanLoss).toBeCloseTo(meanLoss, 6);
  });

  it('stops between steps when aborted, with nothing left behind', async () => {
    const before = tf.memory().numTensors;
    const model = small();
    const controller = new AbortController();
    const reason = new Error('enough');
    const seen: number[] = [];
    const call = train({
      ...{ model, samples: cloud(40), batchSize: 2, epochs: 100, optimizer: adam, classWeights: null, seed: 1 },
      signal: controller.signal,
      onProgress: ({ done }) => {
        seen.push(done);
        // Three steps later: with losses that nobody has read.
        const later = (turns: number): void =>
          void setImmediate(() => (turns === 0 ? controller.abort(reason) : later(turns - 1)));
        later(3);
      },
    });
    await expect(call).rejects.toBe(reason);
    expect(seen).toEqual([progressSteps]);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('does not start when aborted before', async () => {
    await expect(trained({ signal: AbortSignal.abort(new Error('never')) })).rejects.toThrow('never');
  });

  it('says so when the loss is no longer a number', async () => {
    const optimizer = { name: 'sgd', rate: 1e30, momentum: 0, weightDecay: 0 } as const;
    const first = { code: 'CSM-TRAINING-DIVERGED', details: { epoch: 1, batch: 2 } };
    await expect(trained({ optimizer, epochs: 5, batchSize: 2 })).rejects.toMatchObject(first);
  });

  it('weighs classes in the loss', async () => {
    const even = await trained({ batchSize: 40, epochs: 1 });
    const doubled = await trained({ batchSize: 40, epochs: 1, classWeights: [2, 2, 2] });
    expect(doubled.meanLoss).toBeCloseTo(2 * even.meanLoss, 4);
    const only = await trained({ batchSize: 40, epochs: 1, classWeights: [0, 0, 0] });
    expect(only.meanLoss).toBe(0);
  });

  it('refuses to train on nothing', async () => {
    await expect(trained({ samples: cloud(0) })).rejects.toThrow(RangeError);
  });
});

describe('train on wasm', () => {
  beforeAll(() => useBackend('wasm'));

  it('repeats itself to the last bit', async () => {
    const [first, again] = [await trained({ epochs: 1 }, 0.2), await trained({ epochs: 1 }, 0.2)];
    expect(first.weights).toEqual(again.weights);
  });

  // Not with Adam: it turns a gradient of mere rounding noise, as that of the key biases is, into a step of full size.
  it('agrees with the cpu backend under plain gradient descent', async () => {
    const optimizer = { name: 'sgd', rate: 0.1, momentum: 0.9, weightDecay: 0 } as const;
    const first = await trained({ optimizer }, 0.2);
    await useBackend('cpu');
    const reference = await trained({ optimizer }, 0.2);
    const apart = first.weights.map((weight, index) => Math.abs(weight - reference.weights[index]!));
    expect(Math.max(...apart)).toBeLessThan(1e-4);
    expect(first.meanLoss).toBeCloseTo(reference.meanLoss, 4);
  });
});

describe('cutBatches', () => {
  it.each([
    { rows: 0, size: 32, sizes: [] },
    { rows: 5, size: 32, sizes: [5] },
    { rows: 64, size: 32, sizes: [32, 32] },
    { rows: 70, size: 32, sizes: [32, 38] },
    { rows: 95, size: 32, sizes: [32, 63] },
  ])('cuts $rows rows into $sizes', ({ rows, size, sizes }) => {
    const batches = cutBatches(rows, size);
    expect(batches.map(([start, end]) => end - start)).toEqual(sizes);
    expect(batches.every(([start], index) => start === (batches[index - 1]?.[1] ?? 0))).toBe(true);
  });
});

describe('weights', () => {
  it('survive a round trip exactly', async () => {
    const model = small();
    const values = (await readTensors(model.shared)).map((value, index) => value + index / 1000);
    assignTensors(model.shared, values);
    expect(await readTensors(model.shared)).toEqual(values);
    model.dispose();
  });

  it('share no memory with the caller, either way', async () => {
    const model = small();
    const values = await readTensors(model.shared);
    assignTensors(model.shared, values);
    const kept = values.slice();
    values.fill(9);
    expect(await readTensors(model.shared)).toEqual(kept);
    (await readTensors(model.shared)).fill(8);
    expect(await readTensors(model.shared)).toEqual(kept);
    model.dispose();
  });

  it('leave the number of tensors alone', async () => {
    const model = small();
    const before = tf.memory().numTensors;
    assignTensors(model.shared, await readTensors(model.shared));
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('must be as many as the model has', () => {
    const model = small();
    expect(() => assignTensors(model.shared, new Float32Array(3))).toThrow(RangeError);
    model.dispose();
  });
});

describe('predict', () => {
  it('gives probabilities that do not depend on the batch size', async () => {
    const model = small(0.5);
    const samples = cloud(20);
    const whole = await predict({ model, samples, batchSize: 20 });
    const parts = await predict({ model, samples, batchSize: 7 });
    expect(whole).toHaveLength(20 * classes);
    whole.forEach((value, index) => {
      expect(value).toBeCloseTo(parts[index]!, 6);
    });
    for (let row = 0; row < 20; row++) {
      const sum = whole.subarray(row * classes, (row + 1) * classes).reduce((total, value) => total + value, 0);
      expect(sum).toBeCloseTo(1, 5);
    }
    expect(await predict({ model, samples: cloud(0), batchSize: 8 })).toHaveLength(0);
    model.dispose();
  });
});
