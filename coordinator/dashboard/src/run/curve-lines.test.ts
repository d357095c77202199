import { siteId, stepId } from '@consilium/shared/ids';
import { describe, expect, it } from 'vitest';
import { placesOf, roundsOf, siteLines } from './curve-lines.js';
import type { Judged } from './judged.js';

const pooled = {
  ...{ n: 70, loss: 1, accuracy: 0.5, balancedAccuracy: 0.4, macroF1: 0.4 },
  ...{ weightedF1: 0.4, mcc: 0.3, auc: 0.7, ece: 0.1, brier: 0.5 },
};
const judged = (
  stage: number | null,
  round: number | null,
  sites: Readonly<Record<string, number | null>> = {},
): Judged => ({
  step: stepId.parse(round === null ? 'test' : `validate:${stage}:${round}`),
  stage,
  round,
  pooled,
  panels: [],
  figures: [],
  sites: Object.entries(sites).map(([site, accuracy]) => ({
    ...{ site: siteId.parse(site), n: 20, macroF1: null, loss: null },
    accuracy,
  })),
});

describe('placesOf', () => {
  it('sets one stage after the other', () => {
    const rounds = roundsOf([judged(0, 1), judged(0, 2), judged(1, 1), judged(1, 2), judged(null, null)]);
    const { x, stages } = placesOf(rounds);
    expect(rounds.map(x)).toEqual([1, 2, 3, 4]);
    expect(stages).toEqual([{ name: 'stage 2', x: 2.5 }]);
  });

  it('knows no boundary in a run of one stage, and nothing before the first round', () => {
    expect(placesOf(roundsOf([judged(0, 1), judged(0, 3)])).stages).toEqual([]);
    expect(placesOf([]).stages).toEqual([]);
  });
});

describe('siteLines', () => {
  const many = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name, place) => [name, place / 10]));

  it('keeps a gap where a site released nothing', () => {
    const rounds = roundsOf([judged(0, 1, { a: 0.5, b: null }), judged(0, 2, { a: 0.6 })]);
    const [all, a, b] = siteLines(rounds, 'accuracy', null);
    expect(all!.points).toEqual([
      [1, 0.5],
      [2, 0.5],
    ]);
    expect(a!.points.map(([, value]) => value)).toEqual([0.5, 0.6]);
    expect(b!.points.map(([, value]) => value)).toEqual([null, null]);
  });

  it('lets the chosen one of many sites stand out', () => {
    const weights = siteLines(roundsOf([judged(0, 1, many)]), 'accuracy', 'c').map(({ name, weight }) => [
      name,
      weight,
    ]);
    expect(Object.fromEntries(weights)).toEqual({
      ...{ 'all sites': 'main', a: 'faint', b: 'faint', c: 'plain', d: 'faint', e: 'faint' },
    });
  });
});
