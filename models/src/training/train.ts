import { setImmediate as nextTurn } from 'node:timers/promises';
import { fail } from '@consilium/shared/errors';
import { tf } from '../backend/index.js';
import { permutation, stream } from '../layers/index.js';
import type { LabelledSamples } from '../samples/index.js';
import { cutBatches } from './batches.js';
import { gradientStep, type Pull } from './gradient-step.js';
import type { Model } from './model.js';
import type { OptimizerSettings } from './optimizer.js';
import { type RateSchedule, rateFactor } from './rate-schedule.js';
import { type RateFactors, ratedOptimizer } from './rated-optimizer.js';
import type { StepPlace } from './study.js';
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

/** Which of the stage's rounds a call is, counted from 1. */
export interface Course {
  readonly round: number;
  readonly rounds: number;
}

export interface TrainOptions {
  readonly model: Model;
  /** As the model takes them. Not changed, and not to be changed until the call ends. */
  readonly samples: LabelledSamples;
  readonly batchSize: number;
  readonly epochs: number;
  readonly optimizer: OptimizerSettings;
  /** A weight of the loss for each class, or null for equal ones. */
  readonly classWeights: readonly number[] | null;
  /** Decides the order of rows, the dropout masks and what an objective draws. */
  readonly seed: number;
  /** The one round there is where left out. */
  readonly course?: Course;
  /** How the rate changes over the whole stage, all rounds taken for as long as this one; constant where left out. */
  readonly schedule?: RateSchedule;
  readonly rates?: RateFactors;
  /** The greatest L2 norm of all gradients of a step together. */
  readonly gradientLimit?: number;
  /** FedProx: strength of the pull back to the values at the call's start. */
  readonly proximal?: number;
  /** SCAFFOLD: values that every gradient of a tensor is corrected by, by the tensor's name; none for a tensor that it does not name. */
  readonly correction?: ReadonlyMap<string, Float32Array>;
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
  const { model, samples, batchSize, epochs, classWeights, seed, gradientLimit, onProgress, signal } = options;
  const { rows } = samples;
  if (rows === 0) throw new RangeError('no rows to train on');
  signal?.throwIfAborted();

  const variables = model.trained.map(({ variable }) => variable);
  const batches = cutBatches(rows, batchSize);
  const total = batches.length * epochs;
  const placeOf = places(options, total);
  const nowAt = paces(options, total);
  const study = model.study(samples, { classWeights, seed });
  const optimizer = ratedOptimizer(options.optimizer, model.trained, options.rates ?? {});
  const pull = pullOf(variables, options.proximal ?? 0);
  const shift = shiftOf(model, options.correction);
  const unread = unreadLosses();
  let done = 0;
  let lossSum = 0;
  let epochLoss: number | null = null;
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const order = permutation(rows, stream(seed, 'order', epoch));
      const before = lossSum;
      for (const [start, end] of batches) {
        const batch = order.slice(start, end);
        const place = placeOf(done);
        await study.ready?.(batch, place);
        const loss = () => study.loss(batch, place);
        const now = nowAt(done);
        unread.push(gradientStep({ variables, optimizer, loss, pull, shift, gradientLimit, now }), end - start);
        if (study.settle) tf.tidy(() => study.settle?.(place));
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
    study.dispose();
    tf.dispose([...(pull?.towards ?? []), ...(shift ?? [])]);
  }
  return { meanLoss: epochs === 0 ? Number.NaN : lossSum / (rows * epochs), batches: done };
}

const onlyRound: Course = { round: 1, rounds: 1 };

/** Where each step of a call stands in its stage. */
const places =
  ({ seed, course = onlyRound }: TrainOptions, total: number) =>
  (done: number): StepPlace => {
    const step = (course.round - 1) * total + done;
    const mode = { training: true, seed: stream(seed, 'step', done).integer(2 ** 32) };
    return { mode, step, progress: step / (course.rounds * total) };
  };

/** The rate of each step of a call; undefined for that of the settings. */
const paces =
  ({ optimizer, schedule, course = onlyRound }: TrainOptions, total: number) =>
  (done: number) => {
    if (schedule === undefined) return undefined;
    const place = { step: (course.round - 1) * total + done, steps: course.rounds * total, scores: [] };
    return { rate: optimizer.rate * rateFactor(schedule, place) };
  };

/** The values that FedProx pulls to, in memory of their own. */
function pullOf(variables: readonly tf.Variable[], strength: number): Pull | undefined {
  if (strength === 0) return undefined;
  return { strength, towards: tf.tidy(() => variables.map((variable) => variable.mul(1))) };
}

/** One tensor for each variable, zeros where nothing corrects it. */
function shiftOf({ trained }: Model, correction: TrainOptions['correction']): readonly tf.Tensor[] | undefined {
  if (correction === undefined) return undefined;
  return trained.map(({ name, variable }) => {
    const values = correction.get(name);
    return values === undefined ? tf.zeros(variable.shape) : tf.tensor(values, variable.shape, 'float32');
  });
}
