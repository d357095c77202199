import { setImmediate as nextTurn } from 'node:timers/promises';
import { tf } from '../backend/index.js';
import type { LabelledSamples } from '../samples/index.js';
import type { Model } from './model.js';

export interface PredictOptions {
  /** In a stage that tells classes. */
  readonly model: Model;
  readonly samples: LabelledSamples;
  /** The site's training samples, for a model that reads samples beside others; null where there are none. */
  readonly reference?: LabelledSamples | null;
  readonly batchSize: number;
}

/** Class probabilities [rows, classes], row-major; dropout off. Between batches the event loop turns. */
export async function predict({ model, samples, reference = null, batchSize }: PredictOptions): Promise<Float32Array> {
  if (model.classify === null) throw new TypeError('a model whose stage tells no classes');
  const { rows } = samples;
  const probabilities = new Float32Array(rows * model.classes);
  if (rows === 0) return probabilities;
  const reader = model.classify(samples, reference);
  try {
    for (let start = 0; start < rows; start += batchSize) {
      const batch = span(start, Math.min(start + batchSize, rows));
      await reader.ready?.(batch);
      const output = tf.tidy(() => tf.softmax(reader.logits(batch)));
      probabilities.set(await output.data(), start * model.classes);
      output.dispose();
      await nextTurn();
    }
  } finally {
    reader.dispose();
  }
  return probabilities;
}

/** The numbers start … end − 1. */
export const span = (start: number, end: number): Int32Array =>
  Int32Array.from({ length: end - start }, (_, index) => start + index);
