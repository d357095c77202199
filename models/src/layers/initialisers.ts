import { elementsOf } from '@consilium/shared/weights';
import type { Initialiser } from './parameters.js';

/**
 * U(±1/√inputs): variance 1/(3·inputs), for every kernel [inputs, outputs]. A third of Glorot's and a sixth of He's variance:
 * on expression tables of a few hundred patients a first layer that starts that large fits them before it learns what they
 * share (README of attention-aml has the figures).
 */
export const fanInUniform: Initialiser = (random, shape) => {
  const bound = 1 / Math.sqrt(elementsOf(shape.slice(0, -1)));
  return Float32Array.from({ length: elementsOf(shape) }, () => (2 * random.uniform() - 1) * bound);
};

/** N(0, 2/inputs), for kernels before a ReLU (He et al. 2015); inputs are all axes but the last. */
export const heNormal: Initialiser = (random, shape) => {
  const deviation = Math.sqrt(2 / elementsOf(shape.slice(0, -1)));
  return Float32Array.from({ length: elementsOf(shape) }, () => random.normal() * deviation);
};

/** N(0, deviation²). */
export const normal =
  (deviation: number): Initialiser =>
  (random, shape) =>
    Float32Array.from({ length: elementsOf(shape) }, () => random.normal() * deviation);

/** The same, drawn anew wherever it comes out beyond two deviations; what remains has 0.88 of the deviation. */
export const truncatedNormal =
  (deviation: number): Initialiser =>
  (random, shape) =>
    Float32Array.from({ length: elementsOf(shape) }, () => {
      let value = random.normal();
      while (Math.abs(value) > truncation) value = random.normal();
      return value * deviation;
    });

const truncation = 2;

export const constant =
  (value: number): Initialiser =>
  (_random, shape) =>
    new Float32Array(elementsOf(shape)).fill(value);

export const zeros: Initialiser = constant(0);
export const ones: Initialiser = constant(1);
