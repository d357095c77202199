import type { ClassScore } from './classification.js';
import type { Confusion } from './confusion.js';

/** The figures by which a model is judged, in the order in which they are shown. */
export const scoreNames = [
  'accuracy',
  'balancedAccuracy',
  'macroF1',
  'weightedF1',
  'mcc',
  'auc',
  'ap',
  'microAp',
  'loss',
  'brier',
  'ece',
  'ece15',
  'mce',
] as const;
export type ScoreName = (typeof scoreNames)[number];

/** Null where a figure has no meaning: no samples, or (auc) no class with both members and others. */
export type Scores = { readonly [Name in ScoreName]: number | null };

export interface ClassMeasures extends ClassScore {
  readonly class: string;
  /** Area under the ROC curve of this class against the others. */
  readonly auc: number | null;
}

/** A bin of the curve that is shown; accuracy and mean confidence are null in an empty one. */
export interface CurveBin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  readonly accuracy: number | null;
  readonly confidence: number | null;
}

/**
 * All that is measured of one model on one set of samples.
 * auc, ap: mean over the classes that have members (and, for auc, others); microAp pools all (class, score) pairs;
 * loss in nats; brier summed over classes; ece and mce with 10 bins, ece15 with 15.
 */
export interface Measures extends Scores {
  readonly n: number;
  readonly perClass: readonly ClassMeasures[];
  readonly confusion: Confusion;
  readonly reliability: readonly CurveBin[];
}

export const shownBins = 10;
