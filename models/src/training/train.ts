import { setImmediate as nextTurn } from 'node:timers/promises';
import { fail } from '@consilium/shared/errors';
import { tf } from '../backend/index.js';
import { permutation, stream } from '../layers/index.js';
import { crossEntropy, oneHotTargets } from '../losses/index.js';
import { cutBatches } from './batches.js';
import { gradientStep } from './gradient-step.js';
import type { Model } from './model.js';
import type { OptimizerSettings } from './optimizer.js';
import { createOptimizer } from './optimizer.js';
import { unreadLosses } from './unread-losses.js';

/** How far a call is: batches done of all its epochs, and the loss of the last one. */
export interface Progress {
  /** Counted from 1. */
  readonly epoch: number;
  readonly done: number;
  readonly total: number;
  readonly loss: number;
  /** Mean loss over all rows of the newest finished epoch; null before the first ends. */
  readonly epochLoss: number | null;
}

export interface TrainOptions {
  readonly model: Model;
  /** Row-major [rows, features], finite. Not changed, and not to be changed until the call ends. */
  readonly x: Float32Array;
  /** One class index a row. */
  readonly y: Int32Array;
  readonly batchSize: number;
  readonly epochs: number;
  readonly optimizer: OptimizerSettings;
  /** A weight of the loss for each class, or null for equal ones. */
  readonly classWeights: readonly number[] | null;
  /** Decides the order of rows and the dropout masks. */
  readonly seed: number;
  /** Called every `progressSteps` steps and at the end of each epoch: only then are losses read. */
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export interface Trained {
  /** Mean loss over all rows seen, each under the weights of its step. */
  readonly meanLoss: number;
  readonly batches: number;
}

/**
 * Steps between two looks at the losses. Each look waits for the device, which costs a GPU its head start; a step of the largest
 * network on the slowest backend takes seconds, and an agent is to hear of progress within a minute or so.
 */
export const progressSteps = 8;

/**
 * Trains the model in place for some epochs, with a fresh optimizer. The same seed, weights and data give the same weights on
 * one backend. Between steps the event loop turns, so messages and an abort get through; an abort throws the signal's reason and
 * leaves the weights of the last whole step. Fails with `CSM-TRAINING-DIVERGED` when the loss is no longer a number, at the next
 * look at it: the weights are then of no use.
 */
export async function train(options: TrainOptions): Promise<Trained> {
  const { model, x, y, batchSize, epochs, classWeights, seed, onProgress, signal } = options;
  const variables = model.trained.map(({ variable }) => variable);
  const rows = y.length;
  if (rows === 0 || x.length % rows !== 0) throw new RangeError(`${x.length} values for ${rows} rows`);
  signal?.throwIfAborted();

  const inputs = tf.tensor2d(x, [rows, x.length / rows]);
  const targets = tf.tensor2d(oneHotTargets(y, model.classes, classWeights), [rows, model.classes]);
  const optimizer = createOptimizer(options.optimizer, variables);
  const unread = unreadLosses();
  const batches = cutBatches(rows, batchSize);
  const total = batches.length * epochs;
  let done = 0;
  let lossSum = 0;
  let epochLoss: number | null = null;
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const order = permutation(rows, stream(seed, 'order', epoch));
      const before = lossSum;
      for (const [start, end] of batches) {
        const mode = { training: true, seed: stream(seed, 'step', done).integer(2 ** 32) };
        const loss = () => {
          const batch = tf.tensor1d(order.slice(start, end), 'int32');
          return crossEntropy(model.logits(inputs.gather(batch), mode), targets.gather(batch));
        };
        unread.push(gradientStep({ variables, optimizer, loss }), end - start);
        done++;
        if (end === rows || unread.length() === progressSteps) {
          const losses = await unread.read();
          const bad = losses.findIndex((read) => !Number.isFinite(read.loss));
          if (bad >= 0) fail('CSM-TRAINING-DIVERGED', { epoch, batch: done - losses.length + bad + 1 });
          for (const read of losses) lossSum += read.loss * read.rows;
          if (end === rows) epochLoss = (lossSum - before) / rows;
          onProgress?.({ epoch, done, total, loss: losses.at(-1)?.loss ?? Number.NaN, epochLoss });
        }
        await nextTurn();
        signal?.throwIfAborted();
      }
    }
  } finally {
    unread.dispose();
    optimizer.dispose();
    tf.dispose([inputs, targets]);
  }
  return { meanLoss: epochs === 0 ? Number.NaN : lossSum / (rows * epochs), batches: done };
}
