import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../../backend/index.js';
import { inference } from '../../layers/index.js';
import { type LabelledSamples, labelled, pick } from '../../samples/index.js';
import { predict, readTensors, train } from '../../training/index.js';
import { initialWeights } from '../index.js';
import { decode, encode } from './autoencoder.js';
import { type BloodAutoencoderModel, bloodAutoencoder, buildBloodAutoencoder, parseOptions } from './index.js';
import type { StageName } from './parameters.js';

const adam = { name: 'adam', rate: 1e-2, weightDecay: 0 } as const;
const { samples } = bloodAutoencoder.example(3);
const features = 40;

const open: BloodAutoencoderModel[] = [];
function build(stage: StageName, options = {}, classes = 3): BloodAutoencoderModel {
  const model = buildBloodAutoencoder({ features, classes, options: parseOptions('small', options), stage, seed: 2 });
  open.push(model);
  return model;
}

async function valuesOf(model: BloodAutoencoderModel): Promise<Readonly<Record<string, readonly number[]>>> {
  const { weights } = model.anatomy;
  const read = Object.entries(weights).map(async ([name, tensor]) => [name, [...(await tensor.data())]] as const);
  return Object.fromEntries(await Promise.all(read));
}

/** Names of the tensors that a call of `train` changes. */
async function changed(model: BloodAutoencoderModel, given: LabelledSamples = samples): Promise<readonly string[]> {
  const before = await valuesOf(model);
  await train({ ...{ model, samples: given, batchSize: 8, epochs: 2, optimizer: adam, classWeights: null, seed: 1 } });
  const after = await valuesOf(model);
  return Object.keys(before).filter((name) => String(before[name]) !== String(after[name]));
}

beforeAll(async () => void (await useBackend('wasm')));
afterEach(() => {
  for (const model of open.splice(0)) model.dispose();
});

describe('the stage autoencoder', () => {
  it('moves everything but biases that a batch normalisation takes away again', async () => {
    const model = build('autoencoder');
    const moved = await changed(model);
    const idle = Object.keys(model.anatomy.weights).filter((name) => !moved.includes(name));
    expect(idle).toEqual(['encoder/dense1/bias', 'encoder/dense2/bias', 'decoder/dense1/bias', 'decoder/dense2/bias']);
  });

  it('learns to give cells back, and tells no classes', async () => {
    const model = build('autoencoder');
    const error = async () => {
      const { figures } = await model.beside!({ judged: samples, training: samples, batchSize: 10, seed: 1 });
      const [mse, kept] = figures.map(({ values }) => values.reduce((sum, value) => sum + value, 0) / samples.rows);
      return { mse: mse!, kept: kept! };
    };
    const before = await error();
    await train({ ...{ model, samples, batchSize: 8, epochs: 60, optimizer: adam, classWeights: null, seed: 1 } });
    const after = await error();
    expect(after.mse).toBeLessThan(0.5 * before.mse);
    expect(after.kept).toBeGreaterThan(0.4);
    expect(model.classify).toBeNull();
  });

  it('reads a sparse matrix as the dense one that it stands for', async () => {
    const [dense, sparse] = [build('autoencoder'), build('autoencoder')];
    await changed(dense);
    await changed(sparse, sparseOf(samples));
    expect(await readTensors(sparse.shared)).toEqual(await readTensors(dense.shared));
  });
});

describe('the stage head', () => {
  it.each([
    { head: 'ffn', batchNorm: 'shared' },
    { head: 'transformer', batchNorm: 'shared' },
    { head: 'gcn', batchNorm: 'shared' },
    { head: 'ffn', batchNorm: 'local' },
  ])('moves the head and the statistics of the code alone: $head, batchNorm $batchNorm', async (options) => {
    const model = build('head', options);
    const moved = await changed(model);
    expect(moved.filter((name) => !/^(?:head|code)\//.test(name))).toEqual([]);
    expect(moved.filter((name) => name.startsWith('head/'))).toEqual(
      Object.keys(model.anatomy.weights).filter((name) => name.startsWith('head/')),
    );
  });

  it('takes the statistics of the code from the training cells once, and keeps them', async () => {
    const model = build('head');
    const { weights } = model.anatomy;
    await changed(model);
    const found = tf.tidy(() => {
      const x = tf.tensor2d(valuesIn(samples), [samples.rows, features]);
      const { mean, variance } = tf.moments(encode(weights, x, inference), 0);
      return { mean: [...mean.dataSync()], variance: [...variance.dataSync()] };
    });
    const after = await valuesOf(model);
    after['code/moving_mean']!.forEach((value, at) => {
      expect(value).toBeCloseTo(found.mean[at]!, 5);
      expect(after['code/moving_variance']![at]).toBeCloseTo(found.variance[at]!, 5);
    });
    const others = pick(samples, Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7));
    expect((await changed(model, others)).filter((name) => name.startsWith('code/'))).toEqual([]);
  });

  it.each(['ffn', 'transformer', 'gcn'])(
    'gives a cell the same classes whatever cells are judged with it: %s',
    async (head) => {
      const model = build('head', { head });
      await changed(model);
      const together = await predict({ model, samples, reference: samples, batchSize: 24 });
      const apart = await predict({ model, samples, reference: samples, batchSize: 5 });
      together.forEach((value, index) => {
        expect(value).toBeCloseTo(apart[index]!, 5);
      });
    },
  );

  it('takes judged cells for a graph of their own where there are no training cells', async () => {
    const model = build('head', { head: 'gcn' });
    await changed(model);
    const probabilities = await predict({ model, samples, reference: null, batchSize: 24 });
    for (let row = 0; row < samples.rows; row++) {
      expect(probabilities.slice(row * 3, row * 3 + 3).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    }
  });

  it.each(['ffn', 'transformer', 'gcn'])('learns classes of the example, of two by one logit: %s', async (head) => {
    for (const classes of [3, 2]) {
      const model = build('head', { head, dropout: 0 }, classes);
      const given = { ...samples, y: samples.y.map((label) => Math.min(label, classes - 1)) };
      const plan = { model, samples: given, batchSize: 24, epochs: 80, optimizer: adam, classWeights: null, seed: 1 };
      const { meanLoss: first } = await train({ ...plan, epochs: 1 });
      await train(plan);
      const { meanLoss: last } = await train({ ...plan, epochs: 1 });
      expect(last).toBeLessThan(0.7 * first);
    }
  });

  it('is reported beside the most frequent class and a regression on principal components', async () => {
    const model = build('head');
    const judged = pick(samples, Int32Array.of(0, 1, 2, 3, 4));
    const { panels, figures } = await model.beside!({ judged, training: samples, batchSize: 4, seed: 1 });
    expect(panels.map(({ name }) => name)).toEqual(['majority', 'pca-logistic']);
    expect(figures.map(({ name, values }) => [name, values.length])).toEqual([
      ['reconstruction-mse', 5],
      ['reconstruction-r2', 5],
    ]);
    const [common, logistic] = panels.map(({ probabilities }) => probabilities);
    common!.forEach((value) => {
      expect(value).toBeCloseTo(1 / 3, 6);
    });
    judged.y.forEach((label, row) => {
      expect(logistic![row * 3 + label]).toBe(Math.max(...logistic!.subarray(row * 3, row * 3 + 3)));
    });
    const alone = await model.beside!({ judged, training: pick(samples, new Int32Array(0)), batchSize: 4, seed: 1 });
    expect(alone.panels).toEqual([]);
  });

  it('leaves no tensor behind', async () => {
    for (const head of ['ffn', 'transformer', 'gcn']) {
      const before = tf.memory().numTensors;
      const model = buildBloodAutoencoder({
        ...{ features, classes: 3, options: parseOptions('small', { head }), stage: 'head', seed: 2 },
      });
      await changed(model);
      await predict({ model, samples, reference: samples, batchSize: 7 });
      await predict({ model, samples, batchSize: 7 });
      await model.beside?.({ judged: samples, training: samples, batchSize: 7, seed: 1 });
      model.dispose();
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  it('starts with the autoencoder of the stage before', async () => {
    const wanted = {
      ...{
        family: 'blood-autoencoder',
        preset: 'small',
        options: {},
        input: { kind: 'rows', width: features } as const,
      },
      classes: 3,
    };
    const first = initialWeights({ ...wanted, stage: 'autoencoder', seed: 5 }, [bloodAutoencoder]).shared;
    const { shared, frozen } = initialWeights({ ...wanted, stage: 'head', seed: 6, earlier: [first] }, [
      bloodAutoencoder,
    ]);
    const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b);
    expect(sorted(frozen!.values)).toEqual(sorted(first.values));
    expect(shared.layout.map(({ name }) => name).slice(0, 2)).toEqual(['code/moving_mean', 'code/moving_variance']);
  });
});

describe('a batch of reconstructions', () => {
  it('normalises by the moving averages when it does not train, so cells of a batch do not mix', () => {
    const { weights } = build('autoencoder').anatomy;
    tf.tidy(() => {
      const x = tf.tensor2d(valuesIn(samples), [samples.rows, features]);
      const back = (rows: tf.Tensor2D) => decode(weights, encode(weights, rows, inference), inference);
      const apart = back(x)
        .slice(3, 1)
        .sub(back(x.slice(3, 1)))
        .abs()
        .max()
        .dataSync()[0];
      expect(apart).toBeLessThan(1e-5);
    });
  });
});

describe('warnings', () => {
  it('name what a lead should know of batch normalisations that stay at the sites', () => {
    const { blueprint } = bloodAutoencoder.example(1);
    expect(bloodAutoencoder.warnings!(blueprint)).toEqual([]);
    const local = { ...blueprint, options: parseOptions('small', { batchNorm: 'local' }) };
    expect(bloodAutoencoder.warnings!(local)).toEqual([expect.stringContaining('batchNorm local')]);
  });
});

const valuesIn = ({ input }: LabelledSamples): Float32Array =>
  input.kind === 'rows' ? input.values : new Float32Array();

function sparseOf(given: LabelledSamples): LabelledSamples {
  const values = valuesIn(given);
  const filled = [...values.keys()].filter((index) => values[index] !== 0);
  return labelled(
    {
      ...({ kind: 'sparse', rows: given.rows, width: features } as const),
      starts: Int32Array.from(
        { length: given.rows + 1 },
        (_, row) => filled.filter((index) => index < row * features).length,
      ),
      columns: Int32Array.from(filled, (index) => index % features),
      values: Float32Array.from(filled, (index) => values[index]!),
    },
    given.y,
  );
}
