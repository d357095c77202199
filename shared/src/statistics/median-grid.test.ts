import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GridPlace, gridBins, gridCounts, type MedianGrid, medianOf } from './median-grid.js';
import { mergeMoments, momentsOf, noMoments, sampleDeviation } from './moments.js';

const each = (values: readonly number[]): Int32Array => Int32Array.from(values, (_, row) => row);

function placeOf(sites: readonly (readonly number[])[]): GridPlace {
  const pooled = sites.map(momentsOf).reduce(mergeMoments, noMoments);
  return { mean: pooled.mean, sd: sampleDeviation(pooled) };
}

function federatedMedian(sites: readonly (readonly number[])[], minimum: number): number {
  const place = placeOf(sites);
  return medianOf(
    sites.map((values) => gridCounts(values, each(values), place, minimum)),
    place,
  );
}

const exact = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
};

const value = fc.double({ min: -50, max: 50, noNaN: true });

describe('the median over sites', () => {
  it('is near the pooled one, to a bin’s width, where every bin may be told', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(value, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 5 }),
        (sites) => {
          const { sd } = placeOf(sites);
          const all = sites.flat().toSorted((a, b) => a - b);
          const found = federatedMedian(sites, 1);
          const width = (2 * sd) / gridBins + 1e-9;
          const middle = all.length / 2;
          expect(found).toBeGreaterThanOrEqual(all[Math.ceil(middle) - 1]! - width);
          expect(found).toBeLessThanOrEqual(all[Math.floor(middle)]! + width);
        },
      ),
    );
  });

  it('is near the pooled one of skewed values, of sites that differ, told by five patients or more', () => {
    const skewed = (count: number, shift: number) =>
      Array.from({ length: count }, (_, i) => shift + Math.exp((2 * i) / count));
    const sites = [skewed(200, 0), skewed(60, 1), skewed(27, -1)];
    const { sd } = placeOf(sites);
    expect(Math.abs(federatedMedian(sites, 5) - exact(sites.flat()))).toBeLessThan(sd / 20);
  });

  it('is the mean where nobody told anything, and the value of a constant feature', () => {
    expect(medianOf([], { mean: 3, sd: 2 })).toBe(3);
    expect(federatedMedian([[1, 2], [3]], 5)).toBe(2);
    expect(federatedMedian([[4, 4, 4, 4, 4, 4]], 5)).toBe(4);
  });

  it('lies in the middle of a gap that halves the values', () => {
    const sites = [Array.from({ length: 10 }, (_, i) => (i < 5 ? 0 : 10))];
    expect(federatedMedian(sites, 1)).toBeCloseTo(5, 6);
  });
});

describe('a grid', () => {
  const place = { mean: 0, sd: 1 };

  it('joins bins until each range is about enough patients', () => {
    const values = [-5, -0.9, -0.8, 0, 0.001, 0.002, 0.9, Number.NaN];
    const grid = gridCounts(values, each(values), place, 3);
    expect(grid.counts).toEqual([3, 0, 4]);
    expect(grid.ends.at(-1)).toBe(gridBins);
  });

  it('is one range for values that differ by less than a number can say', () => {
    const tiny = { mean: 0, sd: 5e-324 };
    expect(gridCounts([0, 5e-324, -5e-324], [1, 2, 3], tiny, 3)).toEqual({ ends: [1, 64], counts: [3, 0] });
    expect(medianOf([{ ends: [1, 64], counts: [3, 0] }], tiny)).toBe(0);
  });

  it('counts patients, not their values', () => {
    const values = [0, 0, 0, 0.5, 0.6];
    expect(gridCounts(values, [1, 1, 1, 2, 3], place, 3)).toEqual({ ends: [32, 52, 64], counts: [0, 5, 0] });
    expect(gridCounts(values, [1, 1, 1, 1, 1], place, 3)).toEqual({ ends: [64], counts: [0] });
  });

  it('holds each known value once, in ranges that are empty or about enough patients', () => {
    const row = fc.record({ value: fc.oneof(value, fc.constant(Number.NaN)), patient: fc.nat(12) });
    const grids = fc.tuple(
      fc.array(row, { maxLength: 60 }),
      fc.integer({ min: 1, max: 8 }),
      fc.double({ min: 0, max: 30, noNaN: true }),
    );
    fc.assert(
      fc.property(grids, ([rows, minimum, sd]) => {
        const known = rows.filter((one) => !Number.isNaN(one.value));
        const grid: MedianGrid = gridCounts(
          rows.map((one) => one.value),
          rows.map(({ patient }) => patient),
          { mean: 0, sd },
          minimum,
        );
        expect(grid.ends.at(-1)).toBe(gridBins);
        expect(grid.ends.every((end, range) => range === 0 || end > grid.ends[range - 1]!)).toBe(true);
        const enough = new Set(known.map(({ patient }) => patient)).size >= minimum;
        expect(grid.counts.reduce((sum, count) => sum + count, 0)).toBe(enough ? known.length : 0);
        let begin = 0;
        for (const [range, end] of grid.ends.entries()) {
          const inside = known.filter((one) => {
            const width = (2 * sd) / gridBins;
            const bin = width === 0 ? 0 : Math.min(63, Math.max(0, Math.floor((one.value + sd) / width)));
            return bin >= begin && bin < end;
          });
          if (grid.counts[range]! > 0) {
            expect(new Set(inside.map(({ patient }) => patient)).size).toBeGreaterThanOrEqual(minimum);
          }
          begin = end;
        }
      }),
    );
  });
});
