import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anovaF, classMoments, highest } from './anova.js';
import fixture from './federated-statistics.fixture.json' with { type: 'json' };
import { type Moments, mergeMoments, momentsOf, noMoments } from './moments.js';

const everyone = { classes: 2, minimum: 1 };

describe('ANOVA over sites', () => {
  it('has the F of the pooled rows', () => {
    const { sites, classCounts, classMeans, F, rankDescending } = fixture.anovaF;
    const pooled = F.map((_, feature) => {
      const perSite = sites.map(({ x, label }) =>
        classMoments(
          x.map((row) => row[feature]!),
          { y: label, patients: label.map((__, row) => row) },
          everyone,
        ),
      );
      return [0, 1].map((label) => perSite.map((moments) => moments[label]!).reduce(mergeMoments, noMoments));
    });
    for (const [feature, groups] of pooled.entries()) {
      expect(groups.map(({ n }) => n)).toEqual(classCounts);
      expect(groups[0]?.mean).toBeCloseTo(classMeans[0]![feature]!, 9);
      expect(groups[1]?.mean).toBeCloseTo(classMeans[1]![feature]!, 9);
      expect(anovaF(groups)).toBeCloseTo(F[feature]!, 9);
    }
    expect(highest(pooled.map(anovaF), 3)).toEqual(rankDescending);
  });

  it('does not change with what all values have in common', () => {
    const value = fc.integer({ min: -160, max: 160 }).map((sixteenths) => sixteenths / 16);
    fc.assert(
      fc.property(
        fc.array(fc.array(value, { minLength: 2, maxLength: 9 }), { minLength: 2, maxLength: 5 }),
        (groups) => {
          const f = anovaF(groups.map(momentsOf));
          fc.pre(f > 1e-6 && f < Number.MAX_VALUE);
          const moved = anovaF(groups.map((group) => momentsOf(group.map((entry) => 3 * entry + 1e3))));
          expect(moved / f).toBeCloseTo(1, 5);
        },
      ),
    );
  });

  const alike: Moments = { n: 5, mean: 0.1, m2: 0 };
  it('is 0 where there is nothing to compare', () => {
    expect(anovaF([])).toBe(0);
    expect(anovaF([{ n: 9, mean: 3, m2: 4 }, noMoments])).toBe(0);
    expect(anovaF([momentsOf([1]), momentsOf([2])])).toBe(0);
    expect(anovaF([alike, alike])).toBe(0);
  });

  it('is 0 for a feature that is constant but for rounding', () => {
    expect(anovaF([momentsOf([0.1, 0.1, 0.1]), momentsOf([0.1, 0.1 + 2 ** -55, 0.1])])).toBe(0);
  });

  it('is the largest number where only the classes differ', () => {
    expect(anovaF([alike, { ...alike, mean: 4 }])).toBe(Number.MAX_VALUE);
  });
});

describe('class moments', () => {
  it('withhold a small class and the next one, by patients and not by samples', () => {
    const y = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2];
    const patients = [1, 2, 3, 4, 5, 5, 5, 6, 7, 8];
    const moments = classMoments([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], { y, patients }, { classes: 3, minimum: 3 });
    expect(moments).toEqual([momentsOf([1, 2, 3, 4]), noMoments, noMoments]);
  });

  it('count the patients of whom the feature is known', () => {
    const y = [0, 0, 1, 1];
    const patients = [1, 2, 3, 4];
    const withGap = classMoments([1, 2, 3, Number.NaN], { y, patients }, { classes: 2, minimum: 2 });
    expect(withGap).toEqual([noMoments, noMoments]);
  });
});

describe('highest', () => {
  it('takes the earlier of equal scores, and what is no number last', () => {
    expect(highest([1, 5, Number.NaN, 5, 0], 3)).toEqual([1, 3, 0]);
    expect(highest([Number.NaN, 2], 5)).toEqual([1, 0]);
    expect(highest([], 2)).toEqual([]);
  });
});
