import { layoutElements } from '@consilium/shared/weights';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../../backend/index.js';
import { inference, scoped } from '../../layers/index.js';
import { oneHotTargets } from '../../losses/index.js';
import { numberBackends } from '../../testing/index.js';
import { train } from '../../training/index.js';
import { type AmuOptions, parseOptions } from './config.js';
import { runEncoder } from './encoder.js';
import fixture from './forward.fixture.json' with { type: 'json' };
import { amu, buildAmu } from './index.js';
import { doubleSoftmaxLoss } from './network.js';
import { amuParameters, parameterTable } from './parameters.js';

const backends = await numberBackends();

/** The size of the worked example. */
const tiny: AmuOptions = {
  ...parseOptions('small', { dropout: 0.5, headDropout: 0.5 }),
  ...{ width: 4, heads: fixture.heads, layers: 1, feedForward: 6, channels: 2 },
};

const weights = () => {
  const { Wq, Wk, Wv, Wo, bq, bk, bv, bo, W1, b1, W2, b2 } = fixture.encoderLayer;
  const { gamma, beta, mean, variance } = fixture.batchNormInference;
  return {
    embedding: tf.tensor2d(fixture.embedding),
    'layer1/attention/qkv/kernel': tf.concat([tf.tensor2d(Wq), tf.tensor2d(Wk), tf.tensor2d(Wv)], 1),
    'layer1/attention/qkv/bias': tf.tensor1d([...bq, ...bk, ...bv]),
    'layer1/attention/output/kernel': tf.tensor2d(Wo),
    'layer1/attention/output/bias': tf.tensor1d(bo),
    'layer1/norm1/gamma': tf.ones([4]),
    'layer1/norm1/beta': tf.zeros([4]),
    'layer1/feed1/kernel': tf.tensor2d(W1),
    'layer1/feed1/bias': tf.tensor1d(b1),
    'layer1/feed2/kernel': tf.tensor2d(W2),
    'layer1/feed2/bias': tf.tensor1d(b2),
    'layer1/norm2/gamma': tf.ones([4]),
    'layer1/norm2/beta': tf.zeros([4]),
    'scores/kernel': tf.tensor2d(fixture.conv1x1NoBias),
    'norm/gamma': tf.tensor1d(gamma),
    'norm/beta': tf.tensor1d(beta),
    'norm/moving_mean': tf.tensor1d(mean),
    'norm/moving_variance': tf.tensor1d(variance),
    'head/kernel': tf.tensor2d(fixture.denseW),
    'head/bias': tf.tensor1d(fixture.denseB),
  };
};

const close = (actual: tf.Tensor, expected: number[] | number[][] | number[][][]) => {
  const wanted = tf.tensor(expected);
  expect(actual.shape).toEqual(wanted.shape);
  expect(actual.sub(wanted).abs().max().dataSync()[0]).toBeLessThan(1e-5);
};

describe.each(backends)('the published network on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('gives every number of the worked example', () => {
    const pass = runEncoder(weights(), tiny, tf.tensor2d(fixture.expression), inference);
    close(pass.encoded, fixture.encoderOutput);
    close(pass.scores, fixture.pooledMaxOverChannels);
    close(pass.logits, fixture.logits);
    close(tf.softmax(pass.logits), fixture.probabilities);
  });

  it('has the published loss, which never falls below its floor', () => {
    fixture.labels.forEach((label, row) => {
      const targets = tf.tensor2d(oneHotTargets(Int32Array.of(label), 2, null), [1, 2]);
      const loss = doubleSoftmaxLoss(tf.tensor2d([fixture.logits[row]!]), targets).dataSync()[0];
      expect(loss).toBeCloseTo(fixture.crossEntropyIfSoftmaxAppliedTwice[row]!, 5);
    });
    const certain = doubleSoftmaxLoss(tf.tensor2d([[40, -40]]), tf.tensor2d([[1, 0]]));
    expect(certain.dataSync()[0]).toBeCloseTo(fixture.floorIfSoftmaxAppliedTwice, 6);
  });

  it('passes a gradient through the double softmax', () => {
    const logits = tf.tensor2d(fixture.logits);
    const targets = tf.tensor2d(oneHotTargets(Int32Array.from(fixture.labels), 2, null), [2, 2]);
    const slope = tf.grad((z) => doubleSoftmaxLoss(z.as2D(2, 2), targets))(logits);
    const [h, at] = [1e-2, tf.tensor2d([[1, 0], [0, 0]])]; // biome-ignore format: a matrix
    const differences = doubleSoftmaxLoss(logits.add(at.mul(h)), targets)
      .sub(doubleSoftmaxLoss(logits.sub(at.mul(h)), targets))
      .div(2 * h);
    expect(slope.dataSync()[0]).toBeCloseTo(differences.dataSync()[0]!, 4);
  });
});

describe('parameters', () => {
  const table = (preset: string, genes: number, options = {}) =>
    parameterTable({ genes, classes: 2, options: parseOptions(preset, options) });
  const total = (rows: readonly { readonly layer: string; readonly weights: number }[]) =>
    rows.filter(({ layer }) => !layer.startsWith('norm')).reduce((sum, row) => sum + row.weights, 0);

  it.each([
    {
      ...{ preset: 'paper', genes: 160, total: 83_462, norm: 10 },
      layers: [3200, ...Array.from({ length: 8 }, () => 9980), 100, 10, 322],
    },
    { preset: 'small', genes: 12, total: 1354, norm: 8, layers: [96, 600, 600, 32, 8, 26] },
  ])('$preset: $total shared, $norm of the local normalisation', ({ preset, genes, layers, norm, ...wanted }) => {
    const rows = table(preset, genes);
    expect(rows.map(({ weights }) => weights)).toEqual(layers);
    expect(total(rows)).toBe(wanted.total);
    const parameters = amuParameters({ genes, classes: 2, options: parseOptions(preset, {}) });
    expect(layoutElements(scoped(parameters, 'shared'))).toBe(wanted.total);
    expect(rows.find(({ layer }) => layer === 'norm')).toEqual({ layer: 'norm', weights: norm, statistics: norm });
    expect(layoutElements(scoped(parameters, 'local'))).toBe(2 * norm);
  });

  it.each([4, 5, 10])('are as many with %d heads', (heads) => {
    expect(total(table('paper', 160, { heads }))).toBe(83_462);
  });

  it('of the baseline are the published 737', () => {
    const rows = table('paper', 160, { network: 'convolution' });
    expect(rows.map(({ layer, weights }) => [layer, weights])).toEqual([
      ...[['conv1', 20], ['norm1', 20], ['conv2', 210], ['norm2', 20], ['conv3', 105], ['norm3', 10]], // biome-ignore format: pairs
      ['head', 402],
    ]);
    expect(total(rows)).toBe(737);
  });

  it('are all shared where the normalisation is, its averages under the names that a fold knows', () => {
    const options = parseOptions('small', { batchNorm: 'shared' });
    const parameters = amuParameters({ genes: 12, classes: 2, options });
    expect(scoped(parameters, 'local')).toEqual([]);
    expect(parameters.filter(({ role }) => role === 'statistics').map(({ name }) => name)).toEqual([
      'norm/moving_mean',
      'norm/moving_variance',
    ]);
  });
});

describe.each(['encoder', 'convolution'])('a built model, %s', (network) => {
  beforeAll(() => useBackend('wasm'));
  const options = parseOptions('small', { network, dropout: 0.1, headDropout: 0.3 });
  const build = (genes: number, seed = 1) => buildAmu({ genes, classes: 2, options, seed });

  it('trains every weight, in the loss of a study', () => {
    const before = tf.memory().numTensors;
    const model = build(11);
    const { samples } = amu.example(2);
    const narrow = {
      ...samples,
      input: { kind: 'rows', rows: 24, width: 11, values: new Float32Array(24 * 11) } as const,
    };
    const study = model.study(narrow, { classWeights: null, seed: 1 });
    const rows = Int32Array.of(0, 1, 2);
    const place = { mode: { training: true, seed: 1 }, step: 0, progress: 0 };
    const reached = tf.tidy(() => Object.keys(tf.variableGrads(() => study.loss(rows, place)).grads).length);
    expect(reached).toBe(model.trained.length);
    study.dispose();
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('keeps the patients of a batch apart', () => {
    const model = build(10);
    const x = tf.randomNormal<tf.Rank.R2>([4, 10], 0, 1, 'float32', 1);
    const alone = model.pass(x.slice(2, 1), inference).logits;
    expect(model.pass(x, inference).logits.slice(2, 1).sub(alone).abs().max().dataSync()[0]).toBeLessThan(1e-5);
    model.dispose();
  });

  it('overfits 24 patients', async () => {
    const { samples } = amu.example(3);
    const model = buildAmu({ genes: 12, classes: 2, options: parseOptions('small', { network }), seed: 1 });
    const optimizer = { name: 'adam', rate: 1e-2, weightDecay: 0 } as const;
    const { meanLoss } = await train({
      model,
      samples,
      batchSize: 24,
      epochs: 150,
      optimizer,
      classWeights: null,
      seed: 1,
    });
    const last = await train({ model, samples, batchSize: 24, epochs: 1, optimizer, classWeights: null, seed: 2 });
    expect(meanLoss).toBeGreaterThan(last.meanLoss);
    expect(last.meanLoss).toBeLessThan(0.05);
    model.dispose();
  });
});
