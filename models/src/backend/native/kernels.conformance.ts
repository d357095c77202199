import { expect, it } from 'vitest';
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

interface Case {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly operation: (...inputs: tf.Tensor[]) => tf.Tensor;
}

const eps = 1e-3;
const dropout = { rate: 0.3, seed: [5, 6] as const };

/** Sizes beside, at and across the borders of tiles, panels, blocks and parts. */
const cases: readonly Case[] = [
  ...(['linear', 'relu'] as const).flatMap((activation): Case[] => [
    ...[
      [12, 7, 5],
      [67, 300, 33],
      [260, 40, 1100],
    ].map(([rows = 1, inputs = 1, outputs = 1]) => ({
      name: `dense, ${activation}, ${rows} × ${inputs} × ${outputs}`,
      shapes: [[rows, inputs], [inputs, outputs], [outputs]],
      operation: (x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) =>
        dense(x as tf.Tensor2D, kernel as tf.Tensor2D, bias as tf.Tensor1D, activation),
    })),
    {
      name: `convolution, ${activation}`,
      shapes: [[2, 6, 5, 3], [3, 3, 3, 4], [4]],
      operation: (x, kernel, bias) =>
        convolution(x as tf.Tensor4D, kernel as tf.Tensor4D, bias as tf.Tensor1D, activation),
    },
  ]),
  ...[1, 2, 9].flatMap((batch) =>
    [false, true].map((turned) => ({
      name: `${batch} products${turned ? ' of turned matrices' : ''}`,
      shapes: turned
        ? [
            [batch, 21, 13],
            [batch, 18, 21],
          ]
        : [
            [batch, 13, 21],
            [batch, 21, 18],
          ],
      operation: (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b, turned, turned),
    })),
  ),
  {
    name: 'layer normalisation',
    shapes: [[9, 16], [16], [16]],
    operation: (x, gamma, beta) => layerNorm(x as tf.Tensor2D, gamma as tf.Tensor1D, beta as tf.Tensor1D, eps),
  },
  {
    name: 'layer normalisation of many rows',
    shapes: [[1500, 131], [131], [131]],
    operation: (x, gamma, beta) => layerNorm(x as tf.Tensor2D, gamma as tf.Tensor1D, beta as tf.Tensor1D, eps),
  },
  {
    name: 'layer normalisation far from zero',
    shapes: [[9, 16], [16], [16]],
    operation: (x, gamma, beta) => layerNorm(x.add(10), gamma as tf.Tensor1D, beta as tf.Tensor1D, eps),
  },
  ...[
    [1, 6],
    [2, 6],
    [48, 6],
    [300, 200],
  ].map(([rows = 1, channels = 1]) => ({
    name: `batch normalisation of ${rows} rows, ${channels} channels`,
    shapes: [[rows, channels], [channels], [channels]],
    operation: (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) =>
      batchNorm(x as tf.Tensor2D, gamma as tf.Tensor1D, beta as tf.Tensor1D, eps).y,
  })),
  ...[
    ...[1, 2, 3, 4, 5].flatMap((headWidth) => {
      const layout = { batch: 3, tokens: 5, heads: 2, headWidth };
      const name = `attention of heads of ${headWidth}`;
      return [
        { name, ...layout },
        { name: `${name}, with dropout`, ...layout, dropout },
      ];
    }),
    { name: 'attention of wide heads', batch: 1, tokens: 37, heads: 2, headWidth: 70 },
    ...[3, 6].flatMap((headWidth) => {
      const layout = { batch: 1, tokens: 389, heads: 2, headWidth };
      const name = `attention of many tokens by heads of ${headWidth}`;
      return [
        { name, ...layout },
        { name: `${name}, with dropout`, ...layout, dropout },
      ];
    }),
  ].map(({ name, ...layout }) => ({
    name,
    shapes: [[layout.batch * layout.tokens, 3 * layout.heads * layout.headWidth]],
    operation: (x: tf.Tensor) => attention(x.mul(3) as tf.Tensor2D, layout),
  })),
  { name: 'GELU', shapes: [[7, 9]], operation: (x) => gelu(x.mul(4)) },
  { name: 'GELU of many, far out', shapes: [[130, 1100]], operation: (x) => gelu(x.mul(40)) },
];

const statistics = (rows: number) => () => {
  const { mean, variance } = batchNorm(sample([rows, 5]) as tf.Tensor2D, tf.ones([5]), tf.zeros([5]), eps);
  return [mean, variance];
};

/** A way to run the kernels: as they are, or held to one of their forms. */
type Form = <T>(run: () => T) => T;

/** What holds of the kernels in whatever form, against the plain forms on cpu. */
export function kernelsAgree(form: Form = (run) => run()): void {
  const inForm = (make: () => readonly tf.Tensor[]) => compare('tensorflow', () => form(make));

  it.each(cases)(
    'give what the plain forms give on cpu, values and gradients: $name',
    async ({ shapes, operation }) => {
      const inputs = () => shapes.map((shape, index) => sample(shape, index + 1));
      const { error, leaked } = await inForm(() => [operation(...inputs()), ...gradients(operation, ...inputs())]);
      expect(error).toBeLessThanOrEqual(agreementLimit);
      expect(leaked).toBe(0);
    },
  );

  it.each([1, 2, 40, 700])('give the biased variance of a batch of %d', async (rows) => {
    const { error, leaked } = await inForm(statistics(rows));
    expect(error).toBeLessThanOrEqual(agreementLimit);
    expect(leaked).toBe(0);
  });

  it('spread one matrix over many', async () => {
    const { error, leaked } = await inForm(() => [tf.matMul(sample([3, 4, 5], 1), sample([5, 6], 2))]);
    expect(error).toBeLessThanOrEqual(agreementLimit);
    expect(leaked).toBe(0);
  });

  it('give the slope before a softmax', async () => {
    const { error, leaked } = await inForm(() => [
      softmaxGradient(sample([3, 4, 5], 1), tf.softmax(sample([3, 4, 5], 2)), 0.25),
    ]);
    expect(error).toBeLessThanOrEqual(agreementLimit);
    expect(leaked).toBe(0);
  });

  it.each([
    { shape: [7], rate: 0.5 },
    { shape: [3, 5, 11], rate: 0.1 },
    { shape: [64, 33], rate: 0.937 },
    { shape: [3, 4099], rate: 0.25 },
  ])('draw the very masks of the plain form: $shape', async ({ shape, rate }) => {
    const { error, leaked } = await inForm(() => [dropoutMask(shape, rate, [2 ** 31 - 1, 12345])]);
    expect(error).toBeLessThanOrEqual(1e-7);
    expect(leaked).toBe(0);
  });
}
