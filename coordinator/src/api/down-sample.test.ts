import fc from 'fast-check';
import { expect, it } from 'vitest';
import { downSample, type Point } from './down-sample.js';

const curve = (values: readonly (number | null)[]): Point[] => values.map((value, index) => [0, index + 1, value]);

it('a short curve is left as it is', () => {
  const points = curve([0.5, null, 0.7]);
  expect(downSample(points, 4)).toBe(points);
});

it('a single spike among a thousand points is kept, and so is a gap', () => {
  const values = Array.from({ length: 1000 }, (_, index): number | null => (index > 600 && index < 900 ? null : 0.5));
  const points = curve(values.with(333, 0.9).with(444, 0.1));
  const kept = downSample(points, 40);
  expect(kept.length).toBeLessThanOrEqual(40);
  expect(kept).toContainEqual([0, 334, 0.9]);
  expect(kept).toContainEqual([0, 445, 0.1]);
  expect(kept.some(([, , value]) => value === null)).toBe(true);
});

it('keeps ends, extremes, order and the limit of any curve', () => {
  const value = fc.option(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { nil: null });
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 400 }), fc.integer({ min: 4, max: 60 }), (values, limit) => {
      const points = curve(values);
      const kept = downSample(points, limit);
      expect(kept.length).toBeLessThanOrEqual(Math.max(limit, Math.min(points.length, limit)));
      expect([kept[0], kept.at(-1)]).toEqual([points[0], points.at(-1)]);
      const rounds = kept.map(([, round]) => round);
      expect(rounds).toEqual([...new Set(rounds)].sort((a, b) => a - b));
      for (const [, round, figure] of kept) expect(points[round - 1]?.[2]).toBe(figure);
      const numbers = (list: readonly Point[]) => list.flatMap(([, , figure]) => (figure === null ? [] : [figure]));
      if (numbers(points).length > 0) {
        expect(Math.max(...numbers(kept))).toBe(Math.max(...numbers(points)));
        expect(Math.min(...numbers(kept))).toBe(Math.min(...numbers(points)));
      }
    }),
  );
});
