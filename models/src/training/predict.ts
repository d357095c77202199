import { setImmediate as nextTurn } from 'node:timers/promises';
import { tf } from '../backend/index.js';
import { inference } from '../layers/index.js';
import type { Model } from './model.js';

export interface PredictOptions {
  readonly model: Model;
  /** Row-major [rows, features], finite. */
  readonly x: Float32Array;
  readonly rows: number;
  readonly batchSize: number;
}

/** Class probabilities [rows, classes], row-major; dropout off. Between batches the event loop turns. */
export async function predict({ model, x, rows, batchSize }: PredictOptions): Promise<Float32Array> {
  const probabilities = new Float32Array(rows * model.classes);
  if (rows === 0) return probabilities;
  if (x.length % rows !== 0) throw new RangeError(`${x.length} values for ${rows} rows`);
  const features = x.length / rows;
  for (let start = 0; start < rows; start += batchSize) {
    const end = Math.min(start + batchSize, rows);
    const output = tf.tidy(() => {
      const input = tf.tensor2d(x.slice(start * features, end * features), [end - start, features]);
      return tf.softmax(model.logits(input, inference));
    });
    probabilities.set(await output.data(), start * model.classes);
    output.dispose();
    await nextTurn();
  }
  return probabilities;
}
