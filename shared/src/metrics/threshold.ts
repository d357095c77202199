import { z } from 'zod';
import { mostProbable, type Predictions, scoresOf } from './predictions.js';
import { type ReleasedScore, releasedScore } from './released.js';
import type { JudgedPatients } from './temperature.js';
import { wilson } from './wilson.js';
import { withheld } from './withheld.js';
import { tooFew } from './withhold-line.js';

/** Of two classes the second is the one that a threshold looks for. */
const positive = 1;

/** A threshold is told in hundredths: finer ones say more of the patients that it was chosen on than of the model. */
const thresholdScale = 100;
/** Decimals of a released share, as of all that is released. */
const releasedScale = 1000;

/** Counts of answers where a sample is positive whose probability reaches a threshold. */
interface Answers {
  readonly truePositive: number;
  readonly falseNegative: number;
  readonly trueNegative: number;
  readonly falsePositive: number;
}

/**
 * The threshold on the probability of the second of two classes at which sensitivity + specificity − 1 is greatest (Youden 1950), halfway
 * between two neighbouring scores; of several the one nearest 0.5, of two as near the lower.
 * @returns null where no threshold between scores is better than chance
 */
export function youdenThreshold({ y, probabilities, classes }: Predictions): number | null {
  const scores = scoresOf(probabilities, classes, positive);
  const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!);
  const positives = order.filter((row) => y[row] === positive).length;
  const negatives = order.length - positives;
  let best: { readonly gain: number; readonly threshold: number | null } = { gain: 0, threshold: null };
  /** Samples of each class below the threshold. */
  let [trueNegative, falseNegative] = [0, 0];
  for (const [place, row] of order.entries()) {
    if (y[row] === positive) falseNegative++;
    else trueNegative++;
    const next = order[place + 1];
    if (next === undefined || scores[next] === scores[row]) continue;
    // The index times both classes' samples: whole numbers, so that equal ones are equal.
    const gain = trueNegative * positives - falseNegative * negatives;
    const threshold = (scores[row]! + scores[next]!) / 2;
    const isNearer = best.threshold !== null && Math.abs(threshold - 0.5) < Math.abs(best.threshold - 0.5);
    if (gain > best.gain || (gain === best.gain && isNearer)) best = { gain, threshold };
  }
  return best.threshold;
}

/** The answers of two classes at a threshold on the probability of the second. */
export function answersAt({ y, probabilities, classes }: Predictions, threshold: number): Answers {
  const scores = scoresOf(probabilities, classes, positive);
  const count = (label: number, reaches: boolean): number =>
    scores.filter((score, row) => y[row] === label && score >= threshold === reaches).length;
  return {
    truePositive: count(positive, true),
    falseNegative: count(positive, false),
    trueNegative: count(0, false),
    falsePositive: count(0, true),
  };
}

export const thresholdRates = ['sensitivity', 'specificity', 'ppv', 'npv', 'accuracy'] as const;
export type ThresholdRate = (typeof thresholdRates)[number];

/** How good the answers of two classes are at a threshold chosen on other patients, or why there is no such threshold. */
export const atThreshold = z.union([
  z.strictObject({
    threshold: z.number().min(0).max(1),
    /** Validation samples that it was chosen on. */
    fittedTo: z.int().min(1),
    /** The class that is named where its probability reaches the threshold: the second of the run. */
    positive: z.string().min(1).max(128),
    sensitivity: releasedScore,
    specificity: releasedScore,
    /** Share of the positive answers that are right, and of the negative ones; null where there are no such answers. */
    ppv: releasedScore,
    npv: releasedScore,
    accuracy: releasedScore,
  }),
  z.strictObject({
    /** No validation patients are kept; those of a class are fewer than may be spoken of; they are of one class; no threshold tells the classes apart. */
    none: z.enum(['no validation', 'few patients', 'one class', 'no fit']),
  }),
]);
export type AtThreshold = z.output<typeof atThreshold>;

/**
 * Chooses a threshold on validation patients and judges the answers on test patients at it, in the form that may leave a site. The same
 * patients are divided by the most probable class elsewhere: all shares are withheld where the two divisions together would tell of few.
 * @param positiveName the second of the two classes
 */
export function judgeAtThreshold(
  fitted: JudgedPatients,
  judged: JudgedPatients,
  { positiveName, minimumCell }: { readonly positiveName: string; readonly minimumCell: number },
): AtThreshold {
  if (fitted.predictions.y.length === 0) return { none: 'no validation' };
  if ([fitted, judged].some(({ patients }) => patientsOf(patients) < minimumCell)) return { none: 'few patients' };
  const byClass = [0, positive].map((label) =>
    patientsOf(Array.from(fitted.patients).filter((_, row) => fitted.predictions.y[row] === label)),
  );
  if (byClass.includes(0)) return { none: 'one class' };
  if (byClass.some((count) => tooFew(count, minimumCell))) return { none: 'few patients' };
  const found = youdenThreshold(fitted.predictions);
  if (found === null) return { none: 'no fit' };
  const threshold = Math.round(found * thresholdScale) / thresholdScale;
  if (!isAboveChance(answersAt(fitted.predictions, threshold))) return { none: 'no fit' };
  const tells = tellsOfFew(judged, threshold, minimumCell);
  const rates = ratesOf(answersAt(judged.predictions, threshold));
  const shown = (name: ThresholdRate): ReleasedScore => (tells ? { value: withheld, interval: null } : rates[name]);
  return {
    ...{ threshold, fittedTo: fitted.predictions.y.length, positive: positiveName },
    ...{ sensitivity: shown('sensitivity'), specificity: shown('specificity') },
    ...{ ppv: shown('ppv'), npv: shown('npv'), accuracy: shown('accuracy') },
  };
}

const patientsOf = (patients: ArrayLike<number>): number => new Set(Array.from(patients)).size;

/** Rounding may move a threshold past scores that lie close together. */
const isAboveChance = ({ truePositive, falseNegative, trueNegative, falsePositive }: Answers): boolean =>
  truePositive * trueNegative > falseNegative * falsePositive;

/**
 * Whether few patients share a class, the most probable class and the answer at a threshold. What either division counts, and what one
 * counts more than the other, are sums of these.
 */
function tellsOfFew({ predictions, patients }: JudgedPatients, threshold: number, minimumCell: number): boolean {
  const { y, probabilities, classes } = predictions;
  const told = mostProbable(probabilities, classes);
  const scores = scoresOf(probabilities, classes, positive);
  const members = new Map<string, Set<number>>();
  for (const [row, score] of scores.entries()) {
    const place = `${y[row]} ${told[row]} ${score >= threshold}`;
    members.set(place, (members.get(place) ?? new Set()).add(patients[row]!));
  }
  return [...members.values()].some(({ size }) => tooFew(size, minimumCell));
}

const ratesOf = ({
  truePositive,
  falseNegative,
  trueNegative,
  falsePositive,
}: Answers): Record<ThresholdRate, ReleasedScore> => ({
  sensitivity: share(truePositive, falseNegative),
  specificity: share(trueNegative, falsePositive),
  ppv: share(truePositive, falsePositive),
  npv: share(trueNegative, falseNegative),
  accuracy: share(truePositive + trueNegative, falsePositive + falseNegative),
});

/** The share of those who are right, with its interval; null of nobody. */
function share(right: number, wrong: number): ReleasedScore {
  const n = right + wrong;
  const interval = wilson(right, n);
  if (interval === null) return { value: null, interval: null };
  return {
    value: rounded(right / n),
    interval: { ...interval, low: rounded(interval.low), high: rounded(interval.high) },
  };
}

const rounded = (value: number): number => Math.round(value * releasedScale) / releasedScale;
