import { tf } from '../backend/index.js';
import { clipToNorm } from './clipping.js';
import type { Optimizer, StepSettings } from './optimizer.js';

export interface GradientStep {
  /** What is trained: those that the optimizer was made for, in its order. */
  readonly variables: readonly tf.Variable[];
  readonly optimizer: Optimizer;
  /** The loss of one batch; every variable takes part in it. */
  readonly loss: () => tf.Scalar;
  /** A pull of every variable towards a value of its own: FedProx. It is no part of the loss that is given back. */
  readonly pull?: Pull | undefined;
  /** Added to the gradients, one for each variable in their order: SCAFFOLD. Nor is this part of the loss. */
  readonly shift?: readonly tf.Tensor[] | undefined;
  /** The greatest L2 norm of all gradients together, pull and shift included; no limit where left out. */
  readonly gradientLimit?: number | undefined;
  /** Of this step alone, in place of the optimizer's. */
  readonly now?: StepSettings | undefined;
}

/** The gradient of `strength/2 · |w − towards|²` (Li et al. 2020, FedProx: μ and the round's global model). */
export interface Pull {
  readonly strength: number;
  /** One value a variable, in their order. */
  readonly towards: readonly tf.Tensor[];
}

/**
 * One gradient step; gives the loss before it. The loss stays on the device: reading it waits for the step, so read many at
 * once, and dispose of it. Nothing else is left behind.
 */
export const gradientStep = ({
  variables,
  optimizer,
  loss,
  pull,
  shift,
  gradientLimit,
  now,
}: GradientStep): tf.Scalar =>
  tf.tidy(() => {
    const { value, grads } = tf.variableGrads(loss, [...variables]);
    const own = variables.map(({ name }) => gradientOf(grads, name));
    const drawn = pull === undefined ? own : pulled(own, variables, pull);
    const gradients = shift === undefined ? drawn : shifted(drawn, shift);
    optimizer.apply(gradientLimit === undefined ? gradients : clipToNorm(gradients, gradientLimit), now);
    return value;
  });

const pulled = (
  gradients: readonly tf.Tensor[],
  variables: readonly tf.Variable[],
  { strength, towards }: Pull,
): readonly tf.Tensor[] =>
  gradients.map((gradient, index) => {
    const [variable, anchor] = [variables[index], towards[index]];
    if (variable === undefined || anchor === undefined) throw new RangeError(`no anchor for variable ${index}`);
    return gradient.add(variable.sub(anchor).mul(strength));
  });

const shifted = (gradients: readonly tf.Tensor[], shift: readonly tf.Tensor[]): readonly tf.Tensor[] =>
  gradients.map((gradient, index) => {
    const own = shift[index];
    if (own === undefined) throw new RangeError(`no shift of variable ${index}`);
    return gradient.add(own);
  });

function gradientOf(gradients: tf.NamedTensorMap, name: string): tf.Tensor {
  const gradient = gradients[name];
  if (gradient === undefined)
    throw new ReferenceError(`no gradient for variable ${name}: it takes no part in the loss`);
  return gradient;
}
