import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { averagePrecisionAtK, mean } from './index.js';
import fixture from './retrieval.fixture.json' with { type: 'json' };

const { embeddings, labels, map3_perQuery_min: perQuery, map3_denominatorMinKRelevant: map3 } = fixture;

describe('averagePrecisionAtK', () => {
  const flat = Float32Array.from(embeddings.flat());

  it('gives the worked example', () => {
    const precisions = averagePrecisionAtK(flat, 2, labels, 3);
    perQuery.forEach((wanted, query) => {
      expect(precisions[query]).toBeCloseTo(wanted, 6);
    });
    expect(mean([...precisions])).toBeCloseTo(map3, 6);
  });

  it('has no figure for a query without a relevant row, and a full one where all are relevant', () => {
    expect([...averagePrecisionAtK(flat, 2, [0, 1, 2, 3, 4, 5, 6], 3)]).toEqual(new Array(7).fill(Number.NaN));
    expect([...averagePrecisionAtK(flat, 2, new Array(7).fill(1), 3)]).toEqual(new Array(7).fill(1));
    expect(averagePrecisionAtK(new Float32Array(), 2, [], 3)).toEqual(new Float32Array());
  });

  it('knows directions alone: lengths change nothing, and zeros are no error', () => {
    const values = fc.float({ min: -4, max: 4, noNaN: true });
    const given = fc.array(fc.tuple(values, values, fc.nat(2)), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(given, fc.integer({ min: 1, max: 6 }), (rows, k) => {
        const of = (scale: number) => Float32Array.from(rows.flatMap(([x, y]) => [scale * x, scale * y]));
        const classes = rows.map(([, , label]) => label);
        const precisions = averagePrecisionAtK(of(1), 2, classes, k);
        expect(averagePrecisionAtK(of(4), 2, classes, k)).toEqual(precisions);
        for (const value of precisions) expect(Number.isNaN(value) || (value >= 0 && value <= 1)).toBe(true);
      }),
    );
  });

  it('refuses values that do not fit the rows', () => {
    expect(() => averagePrecisionAtK(flat, 3, labels, 3)).toThrow(RangeError);
  });
});
