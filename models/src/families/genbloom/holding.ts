import { tf } from '../../backend/index.js';
import { type NamedTensors, weight } from '../../layers/index.js';
import { withGradient } from '../../operations/index.js';

/** The same weights, one of which has a gradient of exactly zero. */
export const holding = (weights: NamedTensors, name: string): NamedTensors => {
  const held = withGradient((tensor: tf.Tensor) => ({
    value: tensor.clone(),
    keep: [],
    backward: (dy) => [tf.zerosLike(dy)],
  }));
  return { ...weights, [name]: held(weight(weights, name)) };
};
