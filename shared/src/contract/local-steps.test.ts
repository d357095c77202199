import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchesOf, localSteps } from './index.js';

describe('the steps of a round', () => {
  it('are whole batches, the last with what is left, in each pass', () => {
    expect([0, 1, 7, 8, 15, 16, 100].map((rows) => batchesOf(rows, 8))).toEqual([0, 1, 1, 1, 1, 2, 12]);
    expect(localSteps({ batchSize: 8, localEpochs: 3 }, 100)).toBe(36);
  });

  it('leave no row out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 65_536 }), (rows, batchSize) => {
        const batches = batchesOf(rows, batchSize);
        expect(batches).toBeGreaterThan(0);
        expect(rows - (batches - 1) * batchSize).toBeLessThan(2 * batchSize);
      }),
    );
  });
});
