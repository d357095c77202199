import { z } from 'zod';
import { fail } from '../errors/index.js';
import { finestBins, reliabilityBin } from './calibration.js';
import { countsFault } from './counts-check.js';
import { countsLayout, micro } from './counts-layout.js';
import { checkPredictions, mostProbable, type Predictions } from './predictions.js';
import { brierOf, logLossOf } from './proper-scores.js';
import { scoreBin } from './score-bins.js';

export const countsFormat = 'consilium-counts-1';

/**
 * All that pooled metrics need from one site, as a vector of counts that add up: most are zero, so the JSON form lists
 * the others by index. Used in the pooled sum only, and never shown by site: it is finer than what a site releases.
 */
export const evaluationCounts = z
  .strictObject({
    format: z.literal(countsFormat),
    classes: z.int().min(2).max(1000),
    /** Indices of the entries that are not zero, rising. */
    at: z.array(z.int().min(0)),
    values: z.array(z.int().min(1)),
  })
  .superRefine((counts, context) => {
    const problem = countsFault(counts);
    if (problem) context.addIssue({ code: 'custom', message: problem });
  });
export type EvaluationCounts = z.infer<typeof evaluationCounts>;

/**
 * Reads counts that came from a site.
 * @throws CSM-METRICS-COUNTS when they contradict themselves, CSM-METRICS-CLASSES when they are for another set of classes
 */
export function readCounts(value: unknown, classes: number): EvaluationCounts {
  const parsed = evaluationCounts.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    fail('CSM-METRICS-COUNTS', {
      problem: issue.code === 'custom' ? issue.message : `no valid ${String(issue.path[0] ?? 'form')}`,
    });
  }
  if (parsed.data.classes !== classes) {
    fail('CSM-METRICS-CLASSES', { expected: classes, received: parsed.data.classes });
  }
  return parsed.data;
}

/**
 * Counts a site's predictions.
 * @throws CSM-METRICS-INPUT
 */
export function countsOf(predictions: Predictions): EvaluationCounts {
  checkPredictions(predictions);
  const { y, probabilities, classes } = predictions;
  const at = countsLayout(classes);
  const vector = new Float64Array(at.length);
  const predicted = mostProbable(probabilities, classes);
  for (let row = 0; row < y.length; row++) {
    const label = y[row]!;
    const choice = predicted[row]!;
    const confidence = Math.min(1, probabilities[row * classes + choice]!);
    const bin = reliabilityBin(confidence, finestBins);
    vector[at.n]! += 1;
    vector[at.confusion(label, choice)]! += 1;
    for (let c = 0; c < classes; c++) {
      const score = scoreBin(probabilities[row * classes + c]!);
      vector[c === label ? at.positives(c, score) : at.negatives(c, score)]! += 1;
    }
    vector[at.binCount(bin)]! += 1;
    vector[at.binCorrect(bin)]! += choice === label ? 1 : 0;
    vector[at.binConfidence(bin)]! += Math.round(confidence * micro);
    vector[at.brier]! += Math.round(brierOf(probabilities, row, classes, label) * micro);
    vector[at.loss]! += Math.round(logLossOf(probabilities, row, classes, label) * micro);
  }
  return fromVector(classes, vector);
}

/** The dense vector, as a sum over masked vectors will need it. */
export function toVector(counts: EvaluationCounts): Float64Array {
  const vector = new Float64Array(countsLayout(counts.classes).length);
  counts.at.forEach((index, entry) => {
    vector[index] = counts.values[entry]!;
  });
  return vector;
}

/** Counts from the dense vector. */
export function fromVector(classes: number, vector: Float64Array): EvaluationCounts {
  const at: number[] = [];
  const values: number[] = [];
  vector.forEach((value, index) => {
    if (value === 0) return;
    at.push(index);
    values.push(value);
  });
  return { format: countsFormat, classes, at, values };
}

/**
 * The counts of all parts together: exact integers, the same in any order.
 * @throws CSM-METRICS-EMPTY without parts, CSM-METRICS-CLASSES for parts of different classes, CSM-METRICS-OVERFLOW past 2⁵³
 */
export function mergeCounts(parts: readonly EvaluationCounts[]): EvaluationCounts {
  const [first, ...others] = parts;
  if (!first) fail('CSM-METRICS-EMPTY');
  const vector = toVector(first);
  for (const part of others) {
    if (part.classes !== first.classes) {
      fail('CSM-METRICS-CLASSES', { expected: first.classes, received: part.classes });
    }
    part.at.forEach((index, entry) => {
      const total = vector[index]! + part.values[entry]!;
      if (!Number.isSafeInteger(total)) fail('CSM-METRICS-OVERFLOW');
      vector[index] = total;
    });
  }
  return fromVector(first.classes, vector);
}
