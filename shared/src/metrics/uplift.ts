import { z } from 'zod';
import { percentiles, stratifiedDraws, weightedScores } from './bootstrap.js';
import type { Predictions } from './predictions.js';

/** Scores by which two models are held against each other. */
const compared = ['accuracy', 'balancedAccuracy', 'macroF1', 'auc'] as const;
type Compared = (typeof compared)[number];

const share = z.number().min(-1).max(1);

/** A difference of two scores, and its 95 % interval; the interval is null where none was drawn. */
const difference = z.strictObject({
  difference: share,
  interval: z
    .strictObject({ low: share, high: share })
    .refine(({ low, high }) => low <= high, 'low above high')
    .nullable(),
});

/** By how much one model's scores are above another's; null where a score has no meaning. */
export const uplift = z.record(z.enum(compared), difference.nullable());
export type Uplift = z.output<typeof uplift>;

/**
 * How much better predictions are than others of the same samples. The intervals are paired: each draw of a bootstrap, stratified by true
 * class, takes the same samples for both, so that what is hard for both does not widen them.
 * @param draws 0 gives no intervals
 * @param random numbers in [0, 1) from the caller's seeded generator
 */
export function upliftOf(one: Predictions, other: Predictions, draws: number, random: () => number): Uplift {
  const scores = [weightedScores(one), weightedScores(other)] as const;
  const each = (weights: Float64Array) => {
    const [ours, theirs] = [scores[0](weights), scores[1](weights)];
    return (name: Compared): number | null =>
      ours[name] === null || theirs[name] === null ? null : ours[name] - theirs[name];
  };
  const seen: Record<Compared, number[]> = { accuracy: [], balancedAccuracy: [], macroF1: [], auc: [] };
  for (const weights of stratifiedDraws(one, draws, random)) {
    const drawn = each(weights);
    for (const name of compared) {
      const value = drawn(name);
      if (value !== null) seen[name].push(value);
    }
  }
  const all = each(new Float64Array(one.y.length).fill(1));
  const told = (name: Compared) => {
    const value = all(name);
    if (value === null) return null;
    const drawn = seen[name];
    const interval = drawn.length === 0 ? null : percentiles(drawn);
    return {
      difference: rounded(value),
      interval: interval && { low: rounded(interval.low), high: rounded(interval.high) },
    };
  };
  return {
    accuracy: told('accuracy'),
    balancedAccuracy: told('balancedAccuracy'),
    macroF1: told('macroF1'),
    auc: told('auc'),
  };
}

/** As fine as released scores are. */
const rounded = (value: number): number => Math.round(value * 1000) / 1000 + 0;
