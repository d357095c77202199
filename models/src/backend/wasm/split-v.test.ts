import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { compare, gradients, sample } from '../agreement.js';
import { tf, useBackend } from '../index.js';

beforeAll(() => useBackend('wasm'));

describe('the split', () => {
  it('agrees with cpu along any axis, in equal parts and uneven ones', async () => {
    const shape = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(shape, fc.nat(), fc.integer({ min: 1, max: 5 }), async (sizes, pick, rest) => {
        const axis = pick % sizes.length;
        const doubled = sizes.map((size, i) => (i === axis ? 2 * size : size));
        const uneven = sizes.map((size, i) => (i === axis ? size + rest : size));
        const { error, leaked } = await compare('wasm', () => [
          ...tf.split(sample(doubled), 2, axis),
          ...tf.split(sample(uneven), [sizes[axis] ?? 1, rest], axis),
        ]);
        expect(error).toBe(0);
        expect(leaked).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('has the cpu gradient', async () => {
    const { error } = await compare('wasm', () => gradients((x) => tf.split(x, [1, 3], 1)[1] ?? x, sample([3, 4, 2])));
    expect(error).toBe(0);
  });
});
