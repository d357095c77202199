import { setImmediate as nextTurn } from 'node:timers/promises';
import { tf } from '../backend/index.js';
import { stream } from '../layers/index.js';
import type { LabelledSamples } from '../samples/index.js';
import { cutBatches } from './batches.js';
import type { Model } from './model.js';
import { span } from './predict.js';

export interface MeanLossOptions {
  readonly model: Model;
  readonly samples: LabelledSamples;
  readonly classWeights: readonly number[] | null;
  readonly batchSize: number;
  /** Of what an objective draws: the same one makes two models comparable. */
  readonly seed: number;
}

/** A stage's own loss on samples that it does not train on, dropout off: a mean over rows, NaN where there is none. */
export async function meanLoss({ model, samples, classWeights, batchSize, seed }: MeanLossOptions): Promise<number> {
  if (samples.rows === 0) return Number.NaN;
  const study = model.study(samples, { classWeights, seed });
  let sum = 0;
  try {
    for (const [index, [start, end]] of cutBatches(samples.rows, batchSize).entries()) {
      const rows = span(start, end);
      const mode = { training: false, seed: stream(seed, 'judge', index).integer(2 ** 32) };
      const place = { mode, step: 0, progress: 1 };
      await study.ready?.(rows, place);
      const loss = tf.tidy(() => study.loss(rows, place));
      sum += ((await loss.data())[0] ?? Number.NaN) * rows.length;
      loss.dispose();
      await nextTurn();
    }
  } finally {
    study.dispose();
  }
  return sum / samples.rows;
}
