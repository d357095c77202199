import { accuracy, balancedAccuracy, macroF1, matthews, mean, weightedF1 } from './classification.js';
import { confusionOf } from './confusion.js';
import { mostProbable, type Predictions, scoresOf } from './predictions.js';
import type { Interval } from './wilson.js';

/** Scores whose spread has no honest formula. */
const resampled = ['balancedAccuracy', 'macroF1', 'weightedF1', 'mcc', 'auc'] as const;
type Resampled = (typeof resampled)[number];

/**
 * 95 % percentile intervals by a bootstrap stratified by true class: each draw keeps every class's support, so that a
 * rare class is never absent. Samples are drawn, not patients: with several samples a patient the interval is too narrow.
 * @param draws 0 gives no intervals
 * @param random numbers in [0, 1) from the caller's seeded generator; the same ones give the same intervals
 */
export function bootstrap(
  predictions: Predictions,
  draws: number,
  random: () => number,
): { readonly [Name in Resampled]?: Interval } {
  const scores = weightedScores(predictions);
  const seen: Record<Resampled, number[]> = { balancedAccuracy: [], macroF1: [], weightedF1: [], mcc: [], auc: [] };
  for (const weights of stratifiedDraws(predictions, draws, random)) {
    const drawn = scores(weights);
    for (const name of resampled) if (drawn[name] !== null) seen[name].push(drawn[name]);
  }
  const intervals: { [Name in Resampled]?: Interval } = {};
  for (const name of resampled) {
    if (seen[name].length > 0) intervals[name] = { ...percentiles(seen[name]), method: 'bootstrap' };
  }
  return intervals;
}

/**
 * How often each sample is drawn, [rows], draw after draw. The array is the same each time.
 * @param random numbers in [0, 1)
 */
export function* stratifiedDraws(
  { y, classes }: Pick<Predictions, 'y' | 'classes'>,
  draws: number,
  random: () => number,
): Iterable<Float64Array> {
  if (y.length === 0) return;
  const strata = rowsByClass(y, classes);
  const weights = new Float64Array(y.length);
  for (let draw = 0; draw < draws; draw++) {
    weights.fill(0);
    for (const rows of strata) {
      for (let i = 0; i < rows.length; i++) weights[rows[Math.floor(random() * rows.length)]!]! += 1;
    }
    yield weights;
  }
}

type Drawn = { readonly [Name in Resampled | 'accuracy']: number | null };

/** The scores of predictions whose samples count by weights, [rows]. Sorts once, so that each call costs one pass. */
export function weightedScores({ y, probabilities, classes }: Predictions): (weights: Float64Array) => Drawn {
  const predicted = mostProbable(probabilities, classes);
  const areas = rowsByClass(y, classes).map((own, c) => weightedArea(scoresOf(probabilities, classes, c), own));
  return (weights) => {
    const confusion = confusionOf(y, predicted, classes, weights);
    return {
      accuracy: accuracy(confusion),
      balancedAccuracy: balancedAccuracy(confusion),
      macroF1: macroF1(confusion),
      weightedF1: weightedF1(confusion),
      mcc: matthews(confusion),
      auc: mean(areas.map((area) => area(weights)).filter((area) => area !== null)),
    };
  };
}

/** The middle 95 % of values that were drawn; sorts them in place. */
export function percentiles(values: number[]): { readonly low: number; readonly high: number } {
  const sorted = values.sort((a, b) => a - b);
  return { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
}

const rowsByClass = (y: Predictions['y'], classes: number): readonly (readonly number[])[] =>
  Array.from({ length: classes }, (_, c) =>
    Array.from({ length: y.length }, (_, row) => row).filter((row) => y[row] === c),
  );

/** AUC of a class under row weights. */
function weightedArea(scores: ArrayLike<number>, positives: readonly number[]) {
  const order = Array.from({ length: scores.length }, (_, row) => row).sort((a, b) => scores[b]! - scores[a]!);
  const positive = new Uint8Array(scores.length);
  for (const row of positives) positive[row] = 1;
  return (weights: Float64Array): number | null => {
    let above = 0;
    let below = 0;
    let won = 0;
    for (let first = 0; first < order.length; ) {
      let tiedPositives = 0;
      let tiedNegatives = 0;
      let next = first;
      for (; next < order.length && scores[order[next]!] === scores[order[first]!]; next++) {
        if (positive[order[next]!]) tiedPositives += weights[order[next]!]!;
        else tiedNegatives += weights[order[next]!]!;
      }
      won += tiedNegatives * (above + tiedPositives / 2);
      above += tiedPositives;
      below += tiedNegatives;
      first = next;
    }
    return above === 0 || below === 0 ? null : won / (above * below);
  };
}

/** Linear between order statistics, as NumPy's default. */
function quantile(sorted: readonly number[], q: number): number {
  const place = q * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.min(sorted.length - 1, low + 1);
  return sorted[low]! + (place - low) * (sorted[high]! - sorted[low]!);
}
