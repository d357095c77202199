import { bootstrap } from './bootstrap.js';
import { delong } from './delong.js';
import type { ScoreName } from './measures.js';
import { mostProbable, type Predictions, scoresOf } from './predictions.js';
import { type Interval, wilson } from './wilson.js';

export interface Intervals {
  /** Accuracy: Wilson. Balanced accuracy, F1, MCC, AUC: bootstrap. The others have none. */
  readonly scores: { readonly [Name in ScoreName]?: Interval };
  /** DeLong's interval of each class's AUC; null where a side has fewer than two samples. */
  readonly classAuc: readonly (Interval | null)[];
}

/** All 95 % intervals that a report states. */
export function intervalsOf(predictions: Predictions, draws: number, random: () => number): Intervals {
  const { y, probabilities, classes } = predictions;
  const predicted = mostProbable(probabilities, classes);
  const right = predicted.reduce((sum, choice, row) => sum + (choice === y[row] ? 1 : 0), 0);
  const accuracy = wilson(right, y.length);
  return {
    scores: { ...(accuracy && { accuracy }), ...bootstrap(predictions, draws, random) },
    classAuc: Array.from(
      { length: classes },
      (_, index) => delong(scoresOf(probabilities, classes, index), (row) => y[row] === index)?.interval ?? null,
    ),
  };
}
