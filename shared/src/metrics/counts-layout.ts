import { finestBins } from './calibration.js';
import { scoreBins } from './score-bins.js';

/** Fractions are summed as integers of a millionth, so that sums are exact in any order. */
export const micro = 1e6;

/** Where each count lies in the evaluation vector of C classes. Fixed: sites and coordinator must agree on every index. */
export interface CountsLayout {
  readonly length: number;
  readonly n: number;
  readonly confusion: (truth: number, predicted: number) => number;
  /** Scores that a class was given on samples that are of it. */
  readonly positives: (index: number, bin: number) => number;
  /** Scores that a class was given on samples that are not of it. */
  readonly negatives: (index: number, bin: number) => number;
  readonly binCount: (bin: number) => number;
  readonly binCorrect: (bin: number) => number;
  /** Sum of confidences, in millionths. */
  readonly binConfidence: (bin: number) => number;
  /** Sum of Brier scores, in millionths. */
  readonly brier: number;
  /** Sum of log losses, in millionths. */
  readonly loss: number;
}

/** Layout of the vector: n, C×C confusion, C histograms of positives, C of negatives, three times the bins, two sums. */
export function countsLayout(classes: number): CountsLayout {
  const positives = 1 + classes * classes;
  const negatives = positives + classes * scoreBins;
  const bins = negatives + classes * scoreBins;
  const sums = bins + 3 * finestBins;
  return {
    length: sums + 2,
    n: 0,
    confusion: (truth, predicted) => 1 + truth * classes + predicted,
    positives: (index, bin) => positives + index * scoreBins + bin,
    negatives: (index, bin) => negatives + index * scoreBins + bin,
    binCount: (bin) => bins + bin,
    binCorrect: (bin) => bins + finestBins + bin,
    binConfidence: (bin) => bins + 2 * finestBins + bin,
    brier: sums,
    loss: sums + 1,
  };
}
