import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { softmaxGradient } from '../../operations/index.js';
import { agreementLimit, compare, sample } from '../agreement.js';
import { tf, useBackend } from '../index.js';

beforeAll(() => useBackend('wasm'));

describe('the gradient of a softmax in one pass', () => {
  it('agrees with the plain form for any size', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 11 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(sizes, async (shape) => {
        const { error, leaked } = await compare('wasm', () =>
          softmaxGradient(sample(shape), tf.softmax(sample(shape, 2)), 0.3),
        );
        // Over a single key the gradient is exactly zero but for rounding.
        if (shape.at(-1) !== 1) expect(error).toBeLessThanOrEqual(agreementLimit);
        expect(leaked).toBe(0);
      }),
      { numRuns: 80 },
    );
  });
});
