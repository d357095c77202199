import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shouldStop, unwatched, type WatchRule, watch, watchRule } from './index.js';

const rule: WatchRule = { better: 'higher', patience: 2, minimumChange: 0 };
const after = (scores: readonly number[], how: WatchRule = rule) =>
  scores.reduce((watched, score) => watch(watched, score, how), unwatched);

describe('watch', () => {
  it('keeps the best score and its epoch, and counts those since', () => {
    expect(after([])).toEqual({ seen: 0, best: null, bestAt: 0, waited: 0 });
    expect(after([0.5, 0.7, 0.6, 0.7])).toEqual({ seen: 4, best: 0.7, bestAt: 2, waited: 2 });
    expect(after([0.5, 0.7, 0.6, 0.8])).toEqual({ seen: 4, best: 0.8, bestAt: 4, waited: 0 });
  });

  it('takes the lower for the better where told to', () => {
    expect(after([3, 1, 2], { ...rule, better: 'lower' })).toEqual({ seen: 3, best: 1, bestAt: 2, waited: 1 });
  });

  it('counts a change as an improvement only above the minimum', () => {
    const coarse = { ...rule, minimumChange: 0.25 };
    expect(after([0.5, 0.75, 0.7], coarse)).toEqual({ seen: 3, best: 0.5, bestAt: 1, waited: 2 });
    expect(after([0.5, 0.76], coarse)).toEqual({ seen: 2, best: 0.76, bestAt: 2, waited: 0 });
  });

  it('takes a score that is no number for no improvement', () => {
    expect(after([Number.NaN, 0.2, Number.NaN])).toEqual({ seen: 3, best: 0.2, bestAt: 2, waited: 1 });
  });

  it('survives being written down between two epochs', () => {
    const kept: typeof unwatched = JSON.parse(JSON.stringify(after([0.5, 0.4])));
    expect(watch(kept, 0.6, rule)).toEqual(after([0.5, 0.4, 0.6]));
  });

  it('has the best of all scores at the epoch at which it came first', () => {
    const scores = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(scores, (given) => {
        const { best, bestAt, waited } = after(given);
        expect(best).toBe(Math.max(...given));
        expect(bestAt - 1).toBe(given.indexOf(Math.max(...given)));
        expect(waited).toBe(given.length - bestAt);
      }),
    );
  });
});

describe('shouldStop', () => {
  it('waits as many epochs as the patience says', () => {
    expect(shouldStop(after([0.5, 0.4]), rule)).toBe(false);
    expect(shouldStop(after([0.5, 0.4, 0.5]), rule)).toBe(true);
    expect(shouldStop(unwatched, rule)).toBe(false);
  });
});

describe('watchRule', () => {
  it('takes any improvement where none is given, and refuses no patience', () => {
    expect(watchRule.parse({ better: 'lower', patience: 8 })).toEqual({
      better: 'lower',
      patience: 8,
      minimumChange: 0,
    });
    expect(watchRule.safeParse({ better: 'lower', patience: 0 }).success).toBe(false);
    expect(watchRule.safeParse({ better: 'best', patience: 1 }).success).toBe(false);
    expect(watchRule.safeParse({ better: 'lower', patience: 1, minimum: 1 }).success).toBe(false);
  });
});
