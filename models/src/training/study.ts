import type { tf } from '../backend/index.js';
import type { Mode } from '../layers/index.js';

export interface StudyTerms {
  /** A weight of the loss for each class, or null for equal ones. */
  readonly classWeights: readonly number[] | null;
  /** For what is drawn once, before the first step. */
  readonly seed: number;
}

/** Where a step stands in its stage. */
export interface StepPlace {
  readonly mode: Mode;
  /** Steps of the stage at this site before it. */
  readonly step: number;
  /** The share of the stage that is done before it, 0 … 1. */
  readonly progress: number;
}

/** The objective of a stage over certain samples: what it costs the model to see a batch of them. Rows are indices into the samples. */
export interface Study {
  /** Called before `loss` of the same rows, outside any `tf.tidy`, for what must be read back from the device first. */
  readonly ready?: (rows: Int32Array, place: StepPlace) => Promise<void>;
  /** The mean loss of a batch, within `tf.tidy`. Every trained variable takes part in it; a BatchNorm moves its averages here. */
  readonly loss: (rows: Int32Array, place: StepPlace) => tf.Scalar;
  /** Called after the optimizer's step, within `tf.tidy`, for what no gradient moves: a teacher, a centre. */
  readonly settle?: (place: StepPlace) => void;
  readonly dispose: () => void;
}

/** A model's view of certain samples, to ask it for their classes. */
export interface Reader {
  /** As of a study. */
  readonly ready?: (rows: Int32Array) => Promise<void>;
  /** Class logits of some rows, [rows, classes], within `tf.tidy`. */
  readonly logits: (rows: Int32Array) => tf.Tensor2D;
  readonly dispose: () => void;
}
