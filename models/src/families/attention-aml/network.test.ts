import { layoutElements } from '@consilium/shared/weights';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../../backend/index.js';
import { inference } from '../../layers/index.js';
import type { AttentionAmlOptions } from './config.js';
import { parseOptions } from './config.js';
import fixture from './forward.fixture.json' with { type: 'json' };
import { buildAttentionAml, runAttentionAml } from './network.js';
import { attentionAmlParameters, parameterTable } from './parameters.js';

beforeAll(() => useBackend('cpu'));

/** The size of the worked example; smaller than what settings may be. */
const tiny: AttentionAmlOptions = {
  ...{ preset: 'small', attentionMode: 'singleToken', dropout: 0 },
  ...{ width1: 8, width2: 4, tokens1: 2, tokens2: 1, heads1: fixture.heads1, heads2: fixture.heads2 },
};

type Attention = typeof fixture.attention1;

const unitNorm = (name: string, width: number) => ({
  [`${name}/gamma`]: tf.ones([width]),
  [`${name}/beta`]: tf.zeros([width]),
});

const affine = (name: string, kernel: number[][], bias: number[]) => ({
  [`${name}/kernel`]: tf.tensor2d(kernel),
  [`${name}/bias`]: tf.tensor1d(bias),
});

const valueAndOutput = (name: string, { Wv, bv, Wo, bo }: Attention) => ({
  ...affine(`${name}/value`, Wv, bv),
  ...affine(`${name}/output`, Wo, bo),
});

const fused = (name: string, { Wq, Wk, Wv, bq, bk, bv, Wo, bo }: Attention) => ({
  ...affine(
    `${name}/qkv`,
    Wq.map((row, index) => [...row, ...Wk[index]!, ...Wv[index]!]),
    [...bq, ...bk, ...bv],
  ),
  ...affine(`${name}/output`, Wo, bo),
});

const weights = () => ({
  ...affine('dense1', fixture.params.Win, fixture.params.bin),
  ...valueAndOutput('attention1', fixture.attention1),
  ...unitNorm('norm1', 8),
  ...affine('dense2', fixture.params.Wmid, fixture.params.bmid),
  ...valueAndOutput('attention2', fixture.attention2),
  ...unitNorm('norm2', 4),
  ...affine('head', fixture.params.Wout, fixture.params.bout),
});

const close = (actual: tf.Tensor, expected: number[][] | number[][][][]) => {
  const wanted = tf.tensor(expected);
  expect(actual.shape).toEqual(wanted.shape);
  expect(actual.sub(wanted).abs().max().dataSync()[0]).toBeLessThan(1e-5);
};

describe('the published form, singleToken', () => {
  it('gives the embeddings, logits and probabilities of the worked example', () => {
    const pass = runAttentionAml(weights(), tiny, tf.tensor2d(fixture.x), inference);
    close(pass.embedding1, fixture.embedding1);
    close(pass.embedding, fixture.embedding2);
    close(pass.logits, fixture.logits);
    close(tf.softmax(pass.logits), fixture.probabilities);
    expect(pass.attention()).toEqual([]);
  });
});

describe('featureTokens', () => {
  it('gives the attention and the first normalisation of the worked example', () => {
    const { tokens, tokenDim, heads, outputFlat, weights: attention } = fixture.featureToken;
    const pass = runAttentionAml(
      {
        ...weights(),
        ...fused('attention1', fixture.attention2),
        ...unitNorm('norm1', tokenDim),
        ...fused('attention2', fixture.attention2),
      },
      { ...tiny, attentionMode: 'featureTokens', tokens1: tokens, heads1: heads },
      tf.tensor2d(fixture.x),
      inference,
    );
    close(pass.embedding1, outputFlat);
    close(pass.attention()[0]!, attention);
  });

  it('keeps the patients of a batch apart', () => {
    const options = parseOptions('small', {});
    const model = buildAttentionAml({ features: 10, classes: 3, options, seed: 1 });
    const x = tf.randomNormal<tf.Rank.R2>([4, 10], 0, 1, 'float32', 1);
    const alone = model.pass(x.slice(2, 1), inference).logits;
    expect(model.pass(x, inference).logits.slice(2, 1).sub(alone).abs().max().dataSync()[0]).toBeLessThan(1e-5);
    model.dispose();
  });
});

describe('parameters', () => {
  const total = (rows: readonly { weights: number }[]) => rows.reduce((sum, row) => sum + row.weights, 0);
  const table = (preset: string, attentionMode: string, features: number, classes: number) =>
    parameterTable({ features, classes, options: parseOptions(preset, { attentionMode }) });

  it.each([
    {
      preset: 'paper',
      mode: 'featureTokens',
      features: 2000,
      classes: 21,
      layers: [1024512, 4224, 64, 131328, 1088, 32, 5397],
      weights: 1166645,
    },
    {
      preset: 'small',
      mode: 'featureTokens',
      features: 64,
      classes: 5,
      layers: [2080, 288, 16, 528, 80, 8, 85],
      weights: 3085,
    },
    {
      preset: 'paper',
      mode: 'singleToken',
      features: 2000,
      classes: 21,
      layers: [1024512, 1050624, 1024, 131328, 263168, 512, 5397],
      weights: 2476565,
    },
    {
      preset: 'paper',
      mode: 'singleToken',
      features: 2000,
      classes: 2,
      layers: [1024512, 1050624, 1024, 131328, 263168, 512, 514],
      weights: 2471682,
    },
    {
      preset: 'paper',
      mode: 'singleToken',
      features: 20000,
      classes: 21,
      layers: [10240512, 1050624, 1024, 131328, 263168, 512, 5397],
      weights: 11692565,
    },
    {
      preset: 'small',
      mode: 'singleToken',
      features: 64,
      classes: 5,
      layers: [2080, 4224, 64, 528, 1088, 32, 85],
      weights: 8101,
    },
  ])(
    '$preset $mode, $features genes, $classes classes: $weights weights',
    ({ preset, mode, features, classes, layers, weights }) => {
      const rows = table(preset, mode, features, classes);
      expect(rows.map((row) => row.weights)).toEqual(layers);
      expect(total(rows)).toBe(weights);
    },
  );

  it.each([
    { preset: 'paper', features: 2000, classes: 21, dead: 656896 },
    { preset: 'small', features: 64, classes: 5, dead: 2656 },
  ])(
    'leave the $dead queries and keys of singleToken $preset out of what is shared',
    ({ preset, features, classes, dead }) => {
      const rows = table(preset, 'singleToken', features, classes);
      const shape = { features, classes, options: parseOptions(preset, { attentionMode: 'singleToken' }) };
      const shared = layoutElements(attentionAmlParameters(shape));
      expect(total(rows) - shared).toBe(dead);
      expect(rows.reduce((sum, row) => sum + row.shared, 0)).toBe(shared);
    },
  );

  it.each(['featureTokens', 'singleToken'])(
    'are the variables of the built model, all in the loss: %s',
    (attentionMode) => {
      const shape = { features: 6, classes: 3, options: parseOptions('small', { attentionMode, dropout: 0.1 }) };
      const before = tf.memory().numTensors;
      const model = buildAttentionAml({ ...shape, seed: 1 });
      expect(model.shared.variables.map(({ shape }) => shape)).toEqual(model.shared.layout.map(({ shape }) => shape));
      const reached = tf.tidy(() => {
        const loss = () =>
          model
            .pass(tf.ones([2, 6]), { training: true, seed: 1 })
            .logits.square()
            .sum()
            .asScalar();
        return Object.keys(tf.variableGrads(loss).grads).length;
      });
      expect(reached).toBe(model.trained.length);
      model.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});
