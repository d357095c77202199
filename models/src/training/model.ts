import type { Layout } from '@consilium/shared/weights';
import type { tf } from '../backend/index.js';
import type { Mode } from '../layers/index.js';

/** A classifier that can be trained: its variables, and how they turn inputs into logits. */
export interface Model {
  /** The shared tensors, in the order in which they travel. */
  readonly layout: Layout;
  /** What the weights file says about itself; constant over a run. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly classes: number;
  /** Trainable variables; the shared ones come first, in the order of the layout. */
  readonly variables: readonly tf.Variable[];
  /** [batch, features] → [batch, classes]. Call it within `tf.tidy`. */
  readonly logits: (x: tf.Tensor2D, mode: Mode) => tf.Tensor2D;
  readonly dispose: () => void;
}
