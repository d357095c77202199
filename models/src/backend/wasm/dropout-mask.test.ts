import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { dropoutMask } from '../../operations/index.js';
import { results } from '../agreement.js';
import { useBackend, withPlainForms } from '../index.js';

beforeAll(() => useBackend('wasm'));

describe('the dropout mask in one pass', () => {
  it('has the bits of the plain form for any size, rate and seeds', async () => {
    const seed = fc.integer({ min: 0, max: 2 ** 31 - 1 });
    const rate = fc.double({ min: 0, max: 0.99, noNaN: true });
    const shape = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(shape, rate, seed, seed, async (size, share, first, second) => {
        const draw = () => dropoutMask(size, share, [first, second]);
        const [fast] = await results(draw);
        const [plain] = await results(() => withPlainForms(draw));
        expect(fast).toEqual(plain);
      }),
      { numRuns: 100 },
    );
  });

  it('refuses seeds that are none', () => {
    for (const seed of [-1, 0.5, 2 ** 31]) expect(() => dropoutMask([3], 0.5, [seed, 1])).toThrow(RangeError);
  });
});
