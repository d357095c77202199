import { elementsOf } from '@consilium/shared/weights';
import type { Initialiser } from './parameters.js';

const uniformWithin =
  (limit: (shape: readonly number[]) => number): Initialiser =>
  (random, shape) => {
    const bound = limit(shape);
    return Float32Array.from({ length: elementsOf(shape) }, () => (2 * random.uniform() - 1) * bound);
  };

const fanIn = (shape: readonly number[]) => elementsOf(shape.slice(0, -1));
const fanOut = (shape: readonly number[]) => elementsOf(shape.slice(0, -2)) * (shape.at(-1) ?? 1);

/** U(±√(6 / fan-in)): variance 2 / fan-in, for layers followed by ReLU (He et al. 2015). */
export const heUniform: Initialiser = uniformWithin((shape) => Math.sqrt(6 / fanIn(shape)));

/**
 * U(±√(6 / (fan-in + fan-out))), for linear maps (Glorot & Bengio 2010). `parts` is the number of maps that lie side by
 * side in one kernel: queries, keys and values count as three maps, not as one wide one.
 */
export const glorotUniform = (parts = 1): Initialiser =>
  uniformWithin((shape) => Math.sqrt(6 / (fanIn(shape) + fanOut(shape) / parts)));

export const constant =
  (value: number): Initialiser =>
  (_random, shape) =>
    new Float32Array(elementsOf(shape)).fill(value);

export const zeros: Initialiser = constant(0);
export const ones: Initialiser = constant(1);
