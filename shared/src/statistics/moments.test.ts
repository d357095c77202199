import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Moments, mergeMoments, momentsOf, noMoments, sampleDeviation } from './moments.js';

// Worked numbers from an independent computation in float64.
const sites = [
  { values: [1, 2, 3, 4], moments: { n: 4, mean: 2.5, m2: 5 } },
  { values: [10, 12], moments: { n: 2, mean: 11, m2: 2 } },
  { values: [5, 5.5, 6], moments: { n: 3, mean: 5.5, m2: 0.5 } },
];
const pooledMean = 5.3888888889;
const sampleVariance = 12.9861111111;

const merge = (parts: readonly Moments[]): Moments => parts.reduce(mergeMoments, noMoments);

describe('moments', () => {
  it('are those of the worked example, site by site and merged', () => {
    for (const site of sites) expect(momentsOf(site.values)).toEqual(site.moments);
    const pooled = merge(sites.map(({ values }) => momentsOf(values)));
    expect(pooled.n).toBe(9);
    expect(pooled.mean).toBeCloseTo(pooledMean, 9);
    expect(sampleDeviation(pooled) ** 2).toBeCloseTo(sampleVariance, 9);
  });

  it('give the z-scores of the worked example, of a sample and of a population', () => {
    const values = [1, 2, 4, 9];
    const moments = momentsOf(values);
    const scores = (deviation: number) => values.map((value) => (value - moments.mean) / deviation);
    const sample = [-0.8429272304, -0.5619514869, 0, 1.4048787174];
    const population = [-0.9733285268, -0.6488856845, 0, 1.6222142113];
    for (const [index, score] of scores(sampleDeviation(moments)).entries())
      expect(score).toBeCloseTo(sample[index]!, 9);
    const wide = scores(Math.sqrt(moments.m2 / moments.n));
    for (const [index, score] of wide.entries()) expect(score).toBeCloseTo(population[index]!, 9);
  });

  it('count only known values', () => {
    expect(momentsOf([Number.NaN, 1, Number.NaN, 3])).toEqual({ n: 2, mean: 2, m2: 2 });
    expect(momentsOf([])).toEqual(noMoments);
  });

  it('merge to those of the pooled values, in any order, also far from zero', () => {
    const value = fc.double({ min: -1e3, max: 1e3, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.array(value, { maxLength: 20 }), { minLength: 1, maxLength: 8 }),
        fc.constantFrom(0, 1e5),
        (groups, offset) => {
          const shifted = groups.map((group) => group.map((entry) => entry + offset));
          const all = shifted.flat();
          const parts = shifted.map(momentsOf);
          const mean = all.reduce((sum, entry) => sum + entry, 0) / Math.max(1, all.length);
          const m2 = all.reduce((sum, entry) => sum + (entry - mean) ** 2, 0);
          for (const ordered of [parts, parts.toReversed()]) {
            const pooled = merge(ordered);
            expect(pooled.n).toBe(all.length);
            expect(Math.abs(pooled.mean - mean)).toBeLessThanOrEqual(1e-12 * (1e3 + offset));
            expect(Math.abs(pooled.m2 - m2)).toBeLessThanOrEqual(1e-12 * all.length * (1e3 + offset) ** 2);
          }
        },
      ),
    );
  });

  it('give no deviation to a feature that is constant or known once', () => {
    expect(sampleDeviation(momentsOf([7]))).toBe(0);
    expect(sampleDeviation(momentsOf([0.1, 0.1, 0.1]))).toBe(0);
    expect(sampleDeviation(merge([momentsOf([0.1, 0.1]), momentsOf([0.1])]))).toBe(0);
    expect(sampleDeviation(momentsOf([1e-9, 2e-9]))).toBeGreaterThan(0);
  });
});
