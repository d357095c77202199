import { assemble } from './assemble.js';
import { reliability } from './calibration.js';
import { confusionOf } from './confusion.js';
import type { Measures } from './measures.js';
import { checkPredictions, mostProbable, type Predictions, scoresOf } from './predictions.js';
import { brierOf, logLossOf } from './proper-scores.js';
import { rank } from './ranking.js';

/**
 * Measures predictions exactly, from the samples themselves.
 * @param names of the classes; their indices when left out
 * @throws CSM-METRICS-INPUT
 */
export function measure(predictions: Predictions, names?: readonly string[]): Measures {
  checkPredictions(predictions);
  const { y, probabilities, classes } = predictions;
  const predicted = mostProbable(probabilities, classes);
  const confidences = Float64Array.from(predicted, (choice, row) =>
    Math.min(1, probabilities[row * classes + choice]!),
  );
  let brier = 0;
  let loss = 0;
  for (let row = 0; row < y.length; row++) {
    brier += brierOf(probabilities, row, classes, y[row]!);
    loss += logLossOf(probabilities, row, classes, y[row]!);
  }
  return assemble({
    names: names ?? Array.from({ length: classes }, (_, index) => String(index)),
    confusion: confusionOf(y, predicted, classes),
    rankings: Array.from({ length: classes }, (_, index) =>
      rank(scoresOf(probabilities, classes, index), (row) => y[row] === index),
    ),
    pooledRanking: rank(probabilities, (entry) => y[Math.floor(entry / classes)] === entry % classes),
    reliability: reliability(confidences, (row) => predicted[row] === y[row]),
    brier,
    loss,
  });
}
