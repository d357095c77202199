import { tf } from '../backend/index.js';
import { clipToNorm } from './clipping.js';
import type { Optimizer, StepSettings } from './optimizer.js';

export interface GradientStep {
  /** What is trained: those that the optimizer was made for, in its order. */
  readonly variables: readonly tf.Variable[];
  readonly optimizer: Optimizer;
  /** The loss of one batch; every variable takes part in it. */
  readonly loss: () => tf.Scalar;
  /** The greatest L2 norm of all gradients together; no limit where left out. */
  readonly gradientLimit?: number | undefined;
  /** Of this step alone, in place of the optimizer's. */
  readonly now?: StepSettings | undefined;
}

/**
 * One gradient step; gives the loss before it. The loss stays on the device: reading it waits for the step, so read many at
 * once, and dispose of it. Nothing else is left behind.
 */
export const gradientStep = ({ variables, optimizer, loss, gradientLimit, now }: GradientStep): tf.Scalar =>
  tf.tidy(() => {
    const { value, grads } = tf.variableGrads(loss, [...variables]);
    const gradients = variables.map(({ name }) => gradientOf(grads, name));
    optimizer.apply(gradientLimit === undefined ? gradients : clipToNorm(gradients, gradientLimit), now);
    return value;
  });

function gradientOf(gradients: tf.NamedTensorMap, name: string): tf.Tensor {
  const gradient = gradients[name];
  if (gradient === undefined)
    throw new ReferenceError(`no gradient for variable ${name}: it takes no part in the loss`);
  return gradient;
}
