import type { Layout } from '@consilium/shared/weights';
import type { tf } from '../backend/index.js';
import type { Mode } from '../layers/index.js';

/** Tensors that go the same way: their names and shapes, and the variables in the same order. */
export interface TensorGroup {
  readonly layout: Layout;
  readonly variables: readonly tf.Variable[];
}

export interface TrainedTensor {
  readonly name: string;
  readonly variable: tf.Variable;
}

/** The tensors of a model in one stage of its training, on the backend in use. */
export interface Tensors {
  /** What the weights file says about itself; constant over a stage. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The model's file and the update. */
  readonly shared: TensorGroup;
  /** Carried at the site from round to round. */
  readonly local: TensorGroup;
  /** Sent once in the stage. */
  readonly frozen: TensorGroup;
  /** What gradients move, in the order of the parameters. */
  readonly trained: readonly TrainedTensor[];
  readonly dispose: () => void;
}

/** A classifier that can be trained: its variables, and how they turn inputs into logits. */
export interface Model extends Tensors {
  readonly classes: number;
  /** [batch, features] → [batch, classes]. Call it within `tf.tidy`. */
  readonly logits: (x: tf.Tensor2D, mode: Mode) => tf.Tensor2D;
}
