import { describe, expect, it } from 'vitest';
import { bootstrap } from './bootstrap.js';
import { delong, intervalsOf, measure, wilson } from './index.js';
import { drawPredictions, generator } from './predictions.fixture.js';

describe('Wilson interval', () => {
  it.each([
    // Roots of (p − p₀)² = z²·p₀(1 − p₀)/n, solved apart.
    [7, 20, 0.18119182410108203, 0.5671457233147639],
    [0, 10, 0, 0.2775327998628892],
    [10, 10, 0.7224672001371114, 1],
    [45, 50, 0.7863976856252038, 0.9565242350681092],
  ])('of %i in %i', (successes, n, low, high) => {
    const interval = wilson(successes, n)!;
    expect(interval.low).toBeCloseTo(low, 12);
    expect(interval.high).toBeCloseTo(high, 12);
  });
  it('of nothing is null', () => expect(wilson(0, 0)).toBeNull());
});

describe('DeLong interval', () => {
  const scores = [0.8, 0.8, 0.5, 0.3, 0.1, 0.4, 0.4, 0, 0, 1, 0.7, 0.2];
  const truth = [1, 0, 0, 0, 1, 1, 0, 1, 0, 1, 0, 1];
  it('matches the variance of the pairwise kernel', () => {
    const result = delong(scores, (row) => truth[row] === 1)!;
    expect(result.auc).toBeCloseTo(0.4583333333333333, 12);
    expect(result.variance).toBeCloseTo(0.036805555555555564, 12);
    expect(result.interval.high).toBeCloseTo(
      0.4583333333333333 + 1.959963984540054 * Math.sqrt(0.036805555555555564),
      12,
    );
  });
  it('needs two of each side', () => expect(delong([0.1, 0.2, 0.3], (row) => row === 0)).toBeNull());
});

describe('bootstrap', () => {
  const predictions = drawPredictions({ seed: 3, rows: 150, classes: 4, skill: 1.5 });
  const measured = measure(predictions);

  it('gives the same intervals for the same seed, and others for another', () => {
    const once = bootstrap(predictions, 200, generator(1));
    expect(bootstrap(predictions, 200, generator(1))).toEqual(once);
    expect(bootstrap(predictions, 200, generator(2))).not.toEqual(once);
  });

  it('holds the figure and narrows with more samples', () => {
    const small = bootstrap(predictions, 300, generator(1));
    const large = bootstrap(drawPredictions({ seed: 4, rows: 2400, classes: 4, skill: 1.5 }), 300, generator(1));
    for (const name of ['balancedAccuracy', 'macroF1', 'mcc', 'auc'] as const) {
      expect(small[name]!.low).toBeLessThan(measured[name]!);
      expect(small[name]!.high).toBeGreaterThan(measured[name]!);
      const width = (intervals: typeof small) => intervals[name]!.high - intervals[name]!.low;
      expect(width(large)).toBeLessThan(width(small) / 2);
    }
  });

  it('agrees with the binomial spread: one class’s recall has the standard error √(p(1−p)/n)', () => {
    // One class only: balanced accuracy is its recall, 80 of 100.
    const rows = Array.from({ length: 100 }, (_, row) => (row < 80 ? [0.9, 0.1] : [0.1, 0.9]));
    const { balancedAccuracy } = bootstrap(
      { y: new Int32Array(100), probabilities: rows.flat(), classes: 2 },
      4000,
      generator(9),
    );
    expect((balancedAccuracy!.high - balancedAccuracy!.low) / 2).toBeCloseTo(1.96 * 0.04, 2);
  });

  it('is left out for no draws and no samples', () => {
    expect(bootstrap(predictions, 0, generator(1))).toEqual({});
    expect(intervalsOf({ y: [], probabilities: [], classes: 2 }, 10, generator(1))).toEqual({
      scores: {},
      classAuc: [null, null],
    });
  });
});
