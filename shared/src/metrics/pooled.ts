import { assemble } from './assemble.js';
import { finestBins } from './calibration.js';
import { type EvaluationCounts, toVector } from './counts.js';
import { countsLayout, micro } from './counts-layout.js';
import type { Measures } from './measures.js';
import { scoreBins } from './score-bins.js';

/**
 * The measures of merged counts: as if all samples lay in one place, but for AUC and average precision, which see scores
 * in bins (differences of about 1e-3 and less), and for sums rounded to millionths.
 * @param names of the classes; their indices when left out
 */
export function metricsOf(counts: EvaluationCounts, names?: readonly string[]): Measures {
  const { classes } = counts;
  const at = countsLayout(classes);
  const vector = toVector(counts);
  const each = <T>(length: number, make: (index: number) => T): T[] => Array.from({ length }, (_, i) => make(i));
  const falling = (index: (bin: number) => number) => each(scoreBins, (bin) => vector[index(scoreBins - 1 - bin)]!);
  const rankings = each(classes, (c) => ({
    positives: falling((bin) => at.positives(c, bin)),
    negatives: falling((bin) => at.negatives(c, bin)),
  }));
  const pooled = (side: 'positives' | 'negatives') =>
    each(scoreBins, (bin) => rankings.reduce((sum, ranking) => sum + ranking[side][bin]!, 0));
  return assemble({
    names: names ?? each(classes, String),
    confusion: each(classes, (truth) => each(classes, (predicted) => vector[at.confusion(truth, predicted)]!)),
    rankings,
    pooledRanking: { positives: pooled('positives'), negatives: pooled('negatives') },
    reliability: each(finestBins, (bin) => ({
      low: bin / finestBins,
      high: (bin + 1) / finestBins,
      count: vector[at.binCount(bin)]!,
      correct: vector[at.binCorrect(bin)]!,
      confidence: vector[at.binConfidence(bin)]! / micro,
    })),
    brier: vector[at.brier]! / micro,
    loss: vector[at.loss]! / micro,
  });
}
