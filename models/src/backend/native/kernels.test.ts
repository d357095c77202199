import { describe, expect, it } from 'vitest';
import {
  attention,
  batchNorm,
  convolution,
  dense,
  dropoutMask,
  gelu,
  layerNorm,
  softmaxGradient,
} from '../../operations/index.js';
import { agreementLimit, compare, gradients, sample } from '../agreement.js';
import { tf } from '../tensorflow.js';
import { startNative } from './index.js';

const started = await startNative();
const absence = started.running ? '' : ` (skipped: ${started.reason})`;

interface Case {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly operation: (...inputs: tf.Tensor[]) => tf.Tensor;
}

const eps = 1e-3;
const dropout = { rate: 0.3, seed: [5, 6] as const };
const cases: readonly Case[] = [
  ...(['linear', 'relu'] as const).flatMap((activation): Case[] => [
    {
      name: `dense, ${activation}`,
      shapes: [[12, 7], [7, 5], [5]],
      operation: (x, kernel, bias) => dense(x as tf.Tensor2D, kernel as tf.Tensor2D, bias as tf.Tensor1D, activation),
    },
    {
      name: `convolution, ${activation}`,
      shapes: [[2, 6, 5, 3], [3, 3, 3, 4], [4]],
      operation: (x, kernel, bias) =>
        convolution(x as tf.Tensor4D, kernel as tf.Tensor4D, bias as tf.Tensor1D, activation),
    },
  ]),
  {
    name: 'layer normalisation',
    shapes: [[9, 16], [16], [16]],
    operation: (x, gamma, beta) => layerNorm(x as tf.Tensor2D, gamma as tf.Tensor1D, beta as tf.Tensor1D, eps),
  },
  {
    name: 'layer normalisation far from zero',
    shapes: [[9, 16], [16], [16]],
    operation: (x, gamma, beta) => layerNorm(x.add(10), gamma as tf.Tensor1D, beta as tf.Tensor1D, eps),
  },
  ...[1, 2, 48].map((rows) => ({
    name: `batch normalisation of ${rows} rows`,
    shapes: [[rows, 6], [6], [6]],
    operation: (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) =>
      batchNorm(x as tf.Tensor2D, gamma as tf.Tensor1D, beta as tf.Tensor1D, eps).y,
  })),
  ...[
    { name: 'attention', batch: 3, tokens: 5, heads: 2, headWidth: 4 },
    { name: 'attention with dropout', batch: 3, tokens: 5, heads: 2, headWidth: 4, dropout },
    { name: 'attention in parts', batch: 20, tokens: 128, heads: 4, headWidth: 2 },
    { name: 'attention in parts, with dropout', batch: 20, tokens: 128, heads: 4, headWidth: 2, dropout },
  ].map(({ name, ...layout }) => ({
    name,
    shapes: [[layout.batch * layout.tokens, 3 * layout.heads * layout.headWidth]],
    operation: (x: tf.Tensor) => attention(x.mul(3) as tf.Tensor2D, layout),
  })),
  { name: 'GELU', shapes: [[7, 9]], operation: (x) => gelu(x.mul(4)) },
];

const statistics = (rows: number) => () => {
  const { mean, variance } = batchNorm(sample([rows, 5]) as tf.Tensor2D, tf.ones([5]), tf.zeros([5]), eps);
  return [mean, variance];
};

describe.skipIf(!started.running)(`native kernels${absence}`, () => {
  it.each(cases)(
    'give what the plain forms give on cpu, values and gradients: $name',
    async ({ shapes, operation }) => {
      const inputs = () => shapes.map((shape, index) => sample(shape, index + 1));
      const { error, leaked } = await compare('tensorflow', () => [
        operation(...inputs()),
        ...gradients(operation, ...inputs()),
      ]);
      expect(error).toBeLessThanOrEqual(agreementLimit);
      expect(leaked).toBe(0);
    },
  );

  it.each([1, 2, 40])('give the biased variance of a batch of %d', async (rows) => {
    const { error, leaked } = await compare('tensorflow', statistics(rows));
    expect(error).toBeLessThanOrEqual(agreementLimit);
    expect(leaked).toBe(0);
  });

  it('give the slope before a softmax', async () => {
    const { error, leaked } = await compare('tensorflow', () =>
      softmaxGradient(sample([3, 4, 5], 1), tf.softmax(sample([3, 4, 5], 2)), 0.25),
    );
    expect(error).toBeLessThanOrEqual(agreementLimit);
    expect(leaked).toBe(0);
  });

  it.each([
    { shape: [7], rate: 0.5 },
    { shape: [3, 5, 11], rate: 0.1 },
    { shape: [64, 33], rate: 0.937 },
  ])('draw the very masks of the plain form: $shape', async ({ shape, rate }) => {
    const { error, leaked } = await compare('tensorflow', () => dropoutMask(shape, rate, [2 ** 31 - 1, 12345]));
    expect(error).toBeLessThanOrEqual(1e-7);
    expect(leaked).toBe(0);
  });
});
