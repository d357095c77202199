import { z } from 'zod';
import { reliabilityBin } from './calibration.js';
import { figure } from './figure.js';
import { measure } from './measure.js';
import { shownBins } from './measures.js';
import { tallyPatients } from './patient-tally.js';
import { mostProbable, type Predictions } from './predictions.js';
import { type ReleasedMeasures, releasedMeasures } from './released.js';
import { suppress } from './suppress.js';
import { withheld } from './withheld.js';
import { withholdCrossed } from './withhold-crossed.js';

/** Temperatures between these are looked for. */
const least = 0.05;
const greatest = 20;
/** Halvings of the range in which the temperature lies: more than a number of 53 bits holds. */
const halvings = 64;
/** The smallest probability that float32 holds in full; a softmax may give less, of which no logarithm is to be taken. */
const probabilityFloor = 2 ** -126;

/** Decimals of a released temperature, as of all that is released. */
const releasedScale = 1000;

/**
 * The temperature T at which softmax(z / T) has the least log loss (Guo et al. 2017), z being the logarithm of the probabilities: their
 * logits but for a constant of each row, which softmax does not see. The loss is convex in 1/T, so that its derivative is halved to zero.
 * @returns null where it is lowest at no temperature from 0.05 to 20: without samples, or where nearly all answers are right or wrong alike
 */
export function fitTemperature({ y, probabilities, classes }: Predictions): number | null {
  const logits = logitsOf(probabilities);
  /** Derivative of the summed loss by 1/T. */
  const slope = (inverse: number): number => {
    let sum = 0;
    for (let row = 0; row < y.length; row++) {
      const own = scaledRow(logits, row, classes, inverse);
      for (let c = 0; c < classes; c++) sum += own[c]! * logits[row * classes + c]!;
      sum -= logits[row * classes + y[row]!]!;
    }
    return sum;
  };
  let [low, high] = [1 / greatest, 1 / least];
  if (!(slope(low) < 0 && slope(high) > 0)) return null;
  for (let step = 0; step < halvings; step++) {
    const middle = (low + high) / 2;
    if (slope(middle) < 0) low = middle;
    else high = middle;
  }
  return 2 / (low + high);
}

/** The same predictions at a temperature. The most probable class stays so. */
export function atTemperature({ y, probabilities, classes }: Predictions, temperature: number): Predictions {
  const logits = logitsOf(probabilities);
  const scaled = new Float64Array(logits.length);
  for (let row = 0; row < y.length; row++) scaled.set(scaledRow(logits, row, classes, 1 / temperature), row * classes);
  return { y, probabilities: scaled, classes };
}

const logitsOf = (probabilities: ArrayLike<number>): Float64Array =>
  Float64Array.from(probabilities, (probability) => Math.log(Math.max(probability, probabilityFloor)));

/** softmax(logits · inverse) of one row. */
function scaledRow(logits: Float64Array, row: number, classes: number, inverse: number): Float64Array {
  const own = logits.slice(row * classes, (row + 1) * classes).map((logit) => logit * inverse);
  const top = Math.max(...own);
  const powers = own.map((logit) => Math.exp(logit - top));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

const scaledScores = ['loss', 'brier', 'ece', 'ece15', 'mce'] as const;

/** How well calibrated a model is at a temperature fitted on other patients, or why there is no such temperature. */
export const scaledCalibration = z.union([
  z.strictObject({
    temperature: z.number().min(least).max(greatest),
    /** Validation samples that it was fitted to. */
    fittedTo: z.int().min(1),
    scores: z.record(z.enum(scaledScores), figure.nullable()),
    reliability: releasedMeasures.shape.reliability,
  }),
  z.strictObject({
    /** No validation patients are kept; they are fewer than may be spoken of; no temperature from 0.05 to 20 is best. */
    none: z.enum(['no validation', 'few patients', 'no fit']),
  }),
]);
export type ScaledCalibration = z.output<typeof scaledCalibration>;

export interface JudgedPatients {
  readonly predictions: Predictions;
  /** Index of each row's patient. */
  readonly patients: ArrayLike<number>;
}

/**
 * Fits a temperature to validation patients and judges the calibration of test patients at it, in the form that may leave a site. Their
 * bins at the temperature and without it divide the same patients: a bin is withheld where the two together would tell of few.
 */
export function scaleCalibration(
  fitted: JudgedPatients,
  judged: JudgedPatients,
  minimumCell: number,
): ScaledCalibration {
  if (fitted.predictions.y.length === 0) return { none: 'no validation' };
  if (new Set(Array.from(fitted.patients)).size < minimumCell) return { none: 'few patients' };
  const found = fitTemperature(fitted.predictions);
  if (found === null) return { none: 'no fit' };
  const temperature = Math.round(found * releasedScale) / releasedScale;
  const scaled = atTemperature(judged.predictions, temperature);
  const released = suppress(measure(scaled), minimumCell, { patients: tallyPatients(scaled, judged.patients) });
  if (released === null) return { none: 'few patients' };
  const hidden = withholdCrossed(
    { known: binsOf(judged.predictions), own: binsOf(scaled), groups: shownBins, patients: judged.patients },
    minimumCell,
  );
  const unless = (bin: number, value: ReleasedMeasures['reliability'][number]['accuracy']) =>
    hidden[bin] ? withheld : value;
  return {
    temperature,
    fittedTo: fitted.predictions.y.length,
    scores: {
      loss: released.scores.loss.value,
      brier: released.scores.brier.value,
      ece: released.scores.ece.value,
      ece15: released.scores.ece15.value,
      mce: released.scores.mce.value,
    },
    reliability: released.reliability.map(({ low, high, count, accuracy, confidence }, bin) => ({
      ...{ low, high, accuracy: unless(bin, accuracy), confidence: unless(bin, confidence) },
      count: hidden[bin] ? withheld : count,
    })),
  };
}

/** The bin of each row's confidence. */
function binsOf({ probabilities, classes }: Predictions): Int32Array {
  const predicted = mostProbable(probabilities, classes);
  return predicted.map((choice, row) => reliabilityBin(Math.min(1, probabilities[row * classes + choice]!), shownBins));
}
