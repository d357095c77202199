import { setImmediate as nextTurn } from 'node:timers/promises';
import { fail } from '@consilium/shared/errors';
import { tf } from '../backend/index.js';
import { permutation, stream } from '../layers/index.js';
import { crossEntropy, oneHotTargets } from '../losses/index.js';
import { cutBatches } from './batches.js';
import type { Model } from './model.js';
import type { Optimizer, OptimizerSettings } from './optimizer.js';
import { createOptimizer } from './optimizer.js';

/** How far a call is: batches done of all its epochs, and the loss of the last batch. */
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
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export interface Trained {
  /** Mean loss over all rows seen, each under the weights of its step. */
  readonly meanLoss: number;
  readonly batches: number;
}

/**
 * Trains the model in place for some epochs, with a fresh optimizer. The same seed, weights and data give the same weights on
 * one backend. Between steps the event loop turns, so messages and an abort get through; an abort throws the signal's reason and
 * leaves the weights of the last whole step. Fails with `CSM-TRAINING-DIVERGED` when the loss is no longer a number.
 */
export async function train(options: TrainOptions): Promise<Trained> {
  const { model, x, y, batchSize, epochs, classWeights, seed, onProgress, signal } = options;
  const rows = y.length;
  if (rows === 0 || x.length % rows !== 0) throw new RangeError(`${x.length} values for ${rows} rows`);
  signal?.throwIfAborted();

  const inputs = tf.tensor2d(x, [rows, x.length / rows]);
  const targets = tf.tensor2d(oneHotTargets(y, model.classes, classWeights), [rows, model.classes]);
  const optimizer = createOptimizer(options.optimizer, model.variables);
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
        const stepSeed = stream(seed, 'step', done).integer(2 ** 32);
        const loss = await trainStep(model, optimizer, inputs, targets, order.slice(start, end), stepSeed);
        done++;
        if (!Number.isFinite(loss)) fail('CSM-TRAINING-DIVERGED', { epoch, batch: done });
        lossSum += loss * (end - start);
        if (end === rows) epochLoss = (lossSum - before) / rows;
        onProgress?.({ epoch, done, total, loss, epochLoss });
        await nextTurn();
        signal?.throwIfAborted();
      }
    }
  } finally {
    optimizer.dispose();
    tf.dispose([inputs, targets]);
  }
  return { meanLoss: epochs === 0 ? Number.NaN : lossSum / (rows * epochs), batches: done };
}

/** One gradient step on the rows of a batch; the loss before the step. */
async function trainStep(
  model: Model,
  optimizer: Optimizer,
  inputs: tf.Tensor2D,
  targets: tf.Tensor2D,
  batch: Int32Array,
  seed: number,
): Promise<number> {
  const loss = tf.tidy(() => {
    const rows = tf.tensor1d(batch, 'int32');
    const x = inputs.gather(rows);
    const target = targets.gather(rows);
    const { value, grads } = tf.variableGrads(
      () => crossEntropy(model.logits(x, { training: true, seed }), target),
      [...model.variables],
    );
    optimizer.apply(model.variables.map(({ name }) => gradientOf(grads, name)));
    return value;
  });
  const [value = Number.NaN] = await loss.data();
  loss.dispose();
  return value;
}

function gradientOf(gradients: tf.NamedTensorMap, name: string): tf.Tensor {
  const gradient = gradients[name];
  if (gradient === undefined)
    throw new ReferenceError(`no gradient for variable ${name}: it takes no part in the loss`);
  return gradient;
}
