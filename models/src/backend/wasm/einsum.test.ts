import { beforeAll, describe, expect, it } from 'vitest';
import { agreementLimit, compare, gradients, sample } from '../agreement.js';
import { tf, useBackend } from '../index.js';

beforeAll(() => useBackend('wasm'));

describe('einsum', () => {
  it.each([
    ['attention scores', 'aecd,abcd->acbe', [2, 3, 4, 5], [2, 6, 4, 5]],
    ['attention values', 'acbe,aecd->abcd', [2, 4, 6, 3], [2, 3, 4, 5]],
    ['projection by heads', 'abc,cde->abde', [2, 3, 4], [4, 2, 3]],
    ['row products', 'ij,ij->i', [2, 3], [2, 3]],
    ['outer product', 'i,j->ij', [2], [3]],
    ['dot product', 'i,i->', [4], [4]],
    ['axes of length one', 'abc,cd->dab', [1, 1, 4], [4, 1]],
    ['an axis that only one operand has', 'ijk,jl->il', [2, 3, 4], [3, 5]],
    ['transposition', 'ij->ji', [2, 3], null],
    ['sum and transposition', 'ijk->ki', [2, 3, 4], null],
  ] as const)('agrees with cpu, value and gradients: %s', async (_, equation, a, b) => {
    const inputs = () => [sample(a), ...(b === null ? [] : [sample(b, 2)])];
    const f = (...operands: tf.Tensor[]) => tf.einsum(equation, ...operands);
    const { error, leaked } = await compare('wasm', () => [f(...inputs()), ...gradients(f, ...inputs())]);
    expect(error).toBeLessThanOrEqual(agreementLimit);
    expect(leaked).toBe(0);
  });

  it('copies where there is nothing to do, which the cpu backend gets wrong', async () => {
    await useBackend('wasm');
    const inputs = tf.tensor1d([1, 2, 3]);
    const copy = tf.einsum('i->i', inputs);
    inputs.dispose();
    expect([...(await copy.data())]).toEqual([1, 2, 3]);
    copy.dispose();
  });

  it.each(['ii->i', 'ij,jk,kl->il', 'ij', 'ij->il'])('refuses %s', async (equation) => {
    await useBackend('wasm');
    const operands =
      equation
        .split('->')[0]
        ?.split(',')
        .map((term) => tf.zeros([...term].map(() => 2))) ?? [];
    expect(() => tf.einsum(equation, ...operands)).toThrow();
  });
});
