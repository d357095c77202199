import { tf } from '../backend/index.js';

/** What a forward pass gives: its value, tensors to keep, and from those and dy the gradient of each input in order. */
interface Pass<Value extends tf.Tensor, Kept extends readonly tf.Tensor[]> {
  readonly value: Value;
  readonly keep: Kept;
  readonly backward: (dy: Value, kept: Kept) => tf.Tensor[];
}

/**
 * An operation whose gradient is written by hand: fewer operations a step than automatic differentiation records.
 * All gradients are formed, wanted or not. Tensors that `backward` needs must be kept or be inputs' shapes: others may be gone.
 * TensorFlow.js types inputs, value and kept tensors of `customGrad` loosely; this is the one place that restores the types.
 */
export function withGradient<
  Inputs extends readonly tf.Tensor[],
  Value extends tf.Tensor,
  Kept extends readonly tf.Tensor[],
>(forward: (...inputs: Inputs) => Pass<Value, Kept>): (...inputs: Inputs) => Value {
  const operation = tf.customGrad<Value>((...given) => {
    const inputs = given.slice(0, -1) as unknown as Inputs;
    const save = given.at(-1) as tf.GradSaveFunc;
    const { value, keep, backward } = forward(...inputs);
    save([...keep]);
    return { value, gradFunc: (dy, kept) => backward(dy, kept as unknown as Kept) };
  });
  return (...inputs) => operation(...inputs);
}
