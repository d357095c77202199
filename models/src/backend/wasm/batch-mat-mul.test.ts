import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { agreementLimit, compare, gradients, results, sample } from '../agreement.js';
import { tf, useBackend } from '../index.js';
import { wasmBackend } from './index.js';

beforeAll(() => useBackend('wasm'));

const operands = (batchA: number[], batchB: number[], transposeA: boolean, transposeB: boolean, m = 4, k = 5, n = 3) =>
  [
    sample([...batchA, ...(transposeA ? [k, m] : [m, k])]),
    sample([...batchB, ...(transposeB ? [n, k] : [k, n])], 2),
  ] as const;

describe('the batched matrix product', () => {
  const transposes = [false, true].flatMap((a) => [false, true].map((b) => [a, b] as const));

  it.each(transposes)('has the cpu gradients with transposes %s, %s', async (transposeA, transposeB) => {
    for (const batch of [[], [3], [2, 3]]) {
      const { error, leaked } = await compare('wasm', () =>
        gradients((a, b) => tf.matMul(a, b, transposeA, transposeB), ...operands(batch, batch, transposeA, transposeB)),
      );
      expect(error).toBeLessThanOrEqual(agreementLimit);
      expect(leaked).toBe(0);
    }
  });

  const batches: readonly { readonly a: number[]; readonly b: number[] }[] = [
    { a: [], b: [] },
    { a: [3], b: [3] },
    { a: [1], b: [3] },
    { a: [3], b: [1] },
    { a: [2, 3], b: [2, 3] },
    { a: [1, 1], b: [2, 3] },
  ];

  it('agrees with cpu for any sizes, transposes and one-sided broadcasts', async () => {
    const size = fc.integer({ min: 1, max: 9 });
    const batch = fc.constantFrom(...batches);
    await fc.assert(
      fc.asyncProperty(size, size, size, batch, fc.boolean(), fc.boolean(), async (m, k, n, { a, b }, ta, tb) => {
        const { error } = await compare('wasm', () => tf.matMul(...operands(a, b, ta, tb, m, k, n), ta, tb));
        expect(error).toBeLessThanOrEqual(agreementLimit);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['pair by pair', [3, 20, 24], [3, 24, 18]],
    ['one right operand for all', [3, 20, 24], [1, 24, 18]],
    ['few rows against many', [4, 40], [40, 64]],
    ['few rows as a vector', [1, 40], [40, 64]],
  ] as const)('agrees with cpu on the path of larger sizes: %s', async (_, shapeA, shapeB) => {
    for (const [transposeA, transposeB] of transposes) {
      const lying = (shape: readonly number[], turn: boolean) =>
        turn ? [...shape.slice(0, -2), shape.at(-1) ?? 1, shape.at(-2) ?? 1] : shape;
      const { error, leaked } = await compare('wasm', () =>
        tf.matMul(sample(lying(shapeA, transposeA)), sample(lying(shapeB, transposeB), 2), transposeA, transposeB),
      );
      expect(error).toBeLessThanOrEqual(agreementLimit);
      expect(leaked).toBe(0);
    }
  });

  it('broadcasts both sides at once', async () => {
    await useBackend('wasm');
    const [a, b] = operands([2, 1], [1, 3], false, false);
    const product = tf.matMul(a, b);
    expect(product.shape).toEqual([2, 3, 4, 3]);
    const wanted = tf.matMul(
      tf.reshape(tf.slice(a, [1, 0], [1, 1]), [4, 5]),
      tf.reshape(tf.slice(b, [0, 2], [1, 1]), [5, 3]),
    );
    const corner = tf.reshape(tf.slice(product, [1, 2], [1, 1]), [4, 3]);
    const apart = await tf.max(tf.abs(tf.sub(corner, wanted))).data();
    expect(apart[0]).toBeLessThan(1e-6);
  });

  it('does not take a reshaped right operand for its former shape', async () => {
    const { error } = await compare('wasm', () => {
      const values = sample([6, 4]);
      return [tf.matMul(sample([2, 6], 3), values), tf.matMul(sample([2, 4], 3), tf.reshape(values, [4, 6]))];
    });
    expect(error).toBeLessThanOrEqual(agreementLimit);
  });

  it('gives zeros for an empty inner axis and nothing for an empty batch', async () => {
    await useBackend('wasm');
    const [inner, empty] = await results(() => [
      tf.matMul(tf.zeros([2, 0]), tf.zeros([0, 3])),
      tf.matMul(tf.zeros([0, 2, 2]), tf.zeros([0, 2, 3])),
    ]);
    expect(inner?.values).toEqual(new Float64Array(6));
    expect(empty?.shape).toBe('0,2,3');
  });

  it('refuses inner sizes that differ', async () => {
    await useBackend('wasm');
    expect(() => tf.matMul(tf.zeros([2, 3]), tf.zeros([4, 2]))).toThrow(/inner/);
  });

  it('keeps the heap at its size over many products', async () => {
    await useBackend('wasm');
    const [a, b] = [sample([8, 512]), sample([512, 512], 2)];
    const step = () => tf.matMul(a, b).dispose();
    for (let i = 0; i < 5; i++) step();
    const bytes = wasmBackend().wasm.HEAPU8.length;
    for (let i = 0; i < 300; i++) step();
    expect(wasmBackend().wasm.HEAPU8.length).toBe(bytes);
    tf.dispose([a, b]);
  });
});
