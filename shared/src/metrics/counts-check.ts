import { finestBins } from './calibration.js';
import { countsLayout, micro } from './counts-layout.js';
import { probabilityFloor } from './proper-scores.js';
import { scoreBins } from './score-bins.js';

interface SparseCounts {
  readonly classes: number;
  readonly at: readonly number[];
  readonly values: readonly number[];
}

/**
 * What contradicts itself in counts, in words; null when they hold together. They come from a site that may err or lie:
 * every sample must appear once in the confusion matrix, once in each class's histograms and once in the reliability
 * bins, and each sum must be one that so many samples could have.
 */
export function countsFault(counts: SparseCounts): string | null {
  const { classes } = counts;
  const at = countsLayout(classes);
  if (counts.at.length !== counts.values.length) return 'indices and values of different number';
  for (let entry = 0; entry < counts.at.length; entry++) {
    if (counts.at[entry]! >= at.length) return 'an index past the end';
    if (entry > 0 && counts.at[entry]! <= counts.at[entry - 1]!) return 'indices that do not rise';
  }
  const entries = new Map(counts.at.map((index, entry) => [index, counts.values[entry]!]));
  const value = (index: number) => entries.get(index) ?? 0;
  const sum = (count: number, index: (position: number) => number): number => {
    let total = 0;
    for (let position = 0; position < count; position++) total += value(index(position));
    return total;
  };

  const n = value(at.n);
  let samples = 0;
  let right = 0;
  for (let c = 0; c < classes; c++) {
    const support = sum(classes, (predicted) => at.confusion(c, predicted));
    samples += support;
    right += value(at.confusion(c, c));
    if (sum(scoreBins, (bin) => at.positives(c, bin)) !== support) {
      return 'a score histogram of positives that does not add up to the class';
    }
    if (sum(scoreBins, (bin) => at.negatives(c, bin)) !== n - support) {
      return 'a score histogram of negatives that does not add up to the other classes';
    }
  }
  if (samples !== n) return 'a confusion matrix that does not add up to the number of samples';
  if (sum(finestBins, at.binCount) !== n) return 'reliability bins that do not add up to the number of samples';
  if (sum(finestBins, at.binCorrect) !== right) return 'reliability bins that disagree with the confusion matrix';
  for (let bin = 0; bin < finestBins; bin++) {
    const count = value(at.binCount(bin));
    const confidence = value(at.binConfidence(bin));
    if (value(at.binCorrect(bin)) > count) return 'a reliability bin with more right than there are';
    // Each sample's confidence was rounded to a millionth: one more or less than the bin's edges allow.
    if (confidence < count * ((bin / finestBins) * micro - 1)) return 'a confidence below its reliability bin';
    if (confidence > count * (((bin + 1) / finestBins) * micro + 1)) return 'a confidence above its reliability bin';
  }
  if (value(at.brier) > n * (2 * micro + 1)) return 'a Brier score past its maximum';
  if (value(at.loss) > n * (-Math.log(probabilityFloor) * micro + 1)) return 'a log loss past its maximum';
  return null;
}
