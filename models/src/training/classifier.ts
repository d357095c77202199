import { tf } from '../backend/index.js';
import { inference, type Mode } from '../layers/index.js';
import { crossEntropy, oneHotTargets } from '../losses/index.js';
import type { Samples } from '../samples/index.js';
import type { Feed } from './feeds/index.js';
import type { Classify, Model } from './model.js';

export interface ClassifierParts<Input> {
  /** How samples come to the device; `training` where every row is asked for again and again. */
  readonly feed: (input: Samples, training: boolean) => Feed<Input>;
  /** [batch, classes], within `tf.tidy`. */
  readonly logits: (x: Input, mode: Mode) => tf.Tensor2D;
  /** From logits and targets as `oneHotTargets` gives them; cross-entropy where left out. */
  readonly loss?: (logits: tf.Tensor2D, targets: tf.Tensor2D) => tf.Scalar;
  readonly classes: number;
}

/** Study and reader of an ordinary classifier: one input a sample, one class, one loss of the two. */
export function classifier<Input>({
  feed,
  logits,
  loss = crossEntropy,
  classes,
}: ClassifierParts<Input>): Pick<Model, 'study'> & { readonly classify: Classify } {
  return {
    study: ({ input, rows: count, y }, { classWeights }) => {
      const inputs = feed(input, true);
      const targets = tf.tensor2d(oneHotTargets(y, classes, classWeights), [count, classes]);
      return {
        loss: (rows, { mode }) =>
          loss(logits(inputs.take(rows, mode), mode), targets.gather(tf.tensor1d(rows, 'int32'))),
        dispose: () => {
          inputs.dispose();
          targets.dispose();
        },
      };
    },
    classify: ({ input }) => {
      const inputs = feed(input, false);
      return { logits: (rows) => logits(inputs.take(rows, inference), inference), dispose: inputs.dispose };
    },
  };
}
