import { tf } from '../backend/index.js';

/** What a forward pass gives: its value, tensors to keep, and from those and dy the gradient of each input in order. */
interface Pass<Kept extends readonly tf.Tensor[]> {
  readonly value: tf.Tensor;
  readonly keep: Kept;
  readonly backward: (dy: tf.Tensor, kept: Kept) => tf.Tensor[];
}

/**
 * An operation whose gradient is written by hand: fewer operations a step than automatic differentiation records.
 * TensorFlow.js types the inputs and kept tensors of `customGrad` as bare arrays; this is the one place that restores them.
 */
export function withGradient<Inputs extends readonly tf.Tensor[], Kept extends readonly tf.Tensor[]>(
  forward: (...inputs: Inputs) => Pass<Kept>,
): (...inputs: Inputs) => tf.Tensor {
  const operation = tf.customGrad((...given) => {
    const inputs = given.slice(0, -1) as unknown as Inputs;
    const save = given.at(-1) as tf.GradSaveFunc;
    const { value, keep, backward } = forward(...inputs);
    save([...keep]);
    return { value, gradFunc: (dy, kept) => backward(dy, kept as unknown as Kept) };
  });
  return (...inputs) => operation(...inputs);
}
