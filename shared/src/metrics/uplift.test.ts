import { describe, expect, it } from 'vitest';
import { measure } from './measure.js';
import { drawPredictions, generator } from './predictions.fixture.js';
import { uplift, upliftOf } from './uplift.js';

/** Rows of one class, each named right or not by the one and by the other. */
function judged(counts: readonly (readonly [rows: number, ours: boolean, theirs: boolean])[]) {
  const told = (right: boolean) => (right ? [0.9, 0.1] : [0.1, 0.9]);
  const rows = counts.flatMap(([n, ours, theirs]) => Array.from({ length: n }, () => ({ ours, theirs })));
  const of = (whose: 'ours' | 'theirs') => ({
    y: new Int32Array(rows.length),
    probabilities: rows.flatMap((row) => told(row[whose])),
    classes: 2,
  });
  return [of('ours'), of('theirs')] as const;
}

describe('uplift', () => {
  it('has the paired standard error √(b + c − (b − c)²/n)/n: what both get right or wrong does not widen it', () => {
    const [ours, theirs] = judged([
      [60, true, true],
      [20, true, false],
      [10, false, true],
      [10, false, false],
    ]);
    const { accuracy } = upliftOf(ours, theirs, 4000, generator(5));
    expect(accuracy!.difference).toBe(0.1);
    const half = 1.959963984540054 * (Math.sqrt(30 - 1) / 100);
    expect(accuracy!.interval!.low).toBeCloseTo(0.1 - half, 1.9);
    expect(accuracy!.interval!.high).toBeCloseTo(0.1 + half, 1.9);
  });

  it('is the difference of what is measured of each, whatever the score', () => {
    const ours = drawPredictions({ seed: 3, rows: 300, classes: 4, skill: 2 });
    const theirs = { ...drawPredictions({ seed: 4, rows: 300, classes: 4, skill: 0 }), y: ours.y };
    const [high, low] = [measure(ours), measure(theirs)];
    const found = upliftOf(ours, theirs, 300, generator(1));
    for (const name of ['accuracy', 'balancedAccuracy', 'macroF1', 'auc'] as const) {
      expect(found[name]!.difference).toBeCloseTo(high[name]! - low[name]!, 3);
      expect(found[name]!.interval!.low).toBeGreaterThan(0);
      expect(found[name]!.interval!.high).toBeGreaterThan(found[name]!.difference);
    }
    expect(uplift.parse(found)).toEqual(found);
  });

  it('of a model over itself is nothing, without any width', () => {
    const ours = drawPredictions({ seed: 3, rows: 80, classes: 3 });
    const none = { difference: 0, interval: { low: 0, high: 0 } };
    expect(upliftOf(ours, ours, 50, generator(1))).toEqual({
      ...{ accuracy: none, balancedAccuracy: none, macroF1: none, auc: none },
    });
  });

  it('turns its sign with the two sides', () => {
    const [ours, theirs] = judged([
      [5, true, false],
      [7, false, true],
    ]);
    expect(upliftOf(ours, theirs, 0, generator(1)).accuracy).toEqual({ difference: -0.167, interval: null });
    expect(upliftOf(theirs, ours, 0, generator(1)).accuracy).toEqual({ difference: 0.167, interval: null });
  });

  it('has no AUC where one class is all there is, and nothing of no samples', () => {
    const [ours, theirs] = judged([[8, true, false]]);
    expect(upliftOf(ours, theirs, 20, generator(1)).auc).toBeNull();
    const empty = { y: [], probabilities: [], classes: 2 };
    expect(Object.values(upliftOf(empty, empty, 20, generator(1)))).toEqual([null, null, null, null]);
  });
});
