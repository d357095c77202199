import { describe, expect, it } from 'vitest';
import fixture from './independent.fixture.json' with { type: 'json' };
import { delong, intervalsOf, measure, scoresOf, wilson } from './index.js';
import { generator } from './predictions.fixture.js';
import type { Predictions } from './predictions.js';

const close = 12;
const { y, hundredths } = fixture;
const predictions: Predictions = { y, probabilities: hundredths.flat().map((share) => share / 100), classes: 3 };
/** Ends of two bootstraps of so many draws differ by chance: by less than this here, a tenth of an interval's width. */
const byChance = 0.01;

describe('metrics against scikit-learn and pROC', () => {
  const measured = measure(predictions);

  it.each(Object.entries(fixture.scores))('%s', (name, value) => {
    const own: Readonly<Record<string, unknown>> = { ...measured };
    expect(own[name]).toBeCloseTo(value, close);
  });

  it('AUC of each class, with DeLong’s variance and interval', () => {
    fixture.delong.forEach(({ auc, variance, low, high }, index) => {
      const found = delong(scoresOf(predictions.probabilities, 3, index), (row) => y[row] === index)!;
      expect(measured.perClass[index]?.auc).toBeCloseTo(fixture.classAuc[index]!, close);
      expect(found.auc).toBeCloseTo(auc, close);
      expect(found.variance).toBeCloseTo(variance, close);
      expect(found.interval.low).toBeCloseTo(low, close);
      expect(found.interval.high).toBeCloseTo(high, close);
    });
  });

  it('Wilson’s interval', () => {
    for (const { successes, n, low, high } of fixture.wilson) {
      expect(wilson(successes, n)?.low).toBeCloseTo(low, close);
      expect(wilson(successes, n)?.high).toBeCloseTo(high, close);
    }
  });

  it('percentile intervals of a bootstrap stratified by class', () => {
    const { draws, multiclass, firstClassAuc } = fixture.bootstrap;
    const { scores } = intervalsOf(predictions, draws, generator(1));
    for (const name of ['balancedAccuracy', 'macroF1', 'weightedF1', 'mcc', 'auc'] as const) {
      const [low, high] = multiclass[name];
      expect(Math.abs(scores[name]!.low - low!), name).toBeLessThan(byChance);
      expect(Math.abs(scores[name]!.high - high!), name).toBeLessThan(byChance);
    }
    const first = scoresOf(predictions.probabilities, 3, 0);
    const two = {
      y: y.map((label) => Math.min(1, label)),
      probabilities: Array.from(first).flatMap((share) => [share, 1 - share]),
      classes: 2,
    };
    const { auc } = intervalsOf(two, draws, generator(1)).scores;
    expect(Math.abs(auc!.low - firstClassAuc[0]!)).toBeLessThan(byChance);
    expect(Math.abs(auc!.high - firstClassAuc[1]!)).toBeLessThan(byChance);
  });
});
