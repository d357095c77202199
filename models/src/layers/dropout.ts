import { tf } from '../backend/index.js';
import { stream } from './random.js';

/** How a network is run: training switches dropout on; the seed belongs to one step. */
export interface Mode {
  readonly training: boolean;
  readonly seed: number;
}

export const inference: Mode = { training: false, seed: 0 };

/**
 * Inverted dropout: while training, each element is 0 with probability `rate`, else divided by `1 − rate`; otherwise
 * the input itself. The mask is drawn in JavaScript from the step's seed and the place's name, so it is the same on every
 * backend and no two places share one.
 */
export function dropout<T extends tf.Tensor>(x: T, rate: number, mode: Mode, place: string): T {
  if (!mode.training || rate === 0) return x;
  const random = stream(mode.seed, 'dropout', place);
  const kept = 1 / (1 - rate);
  const mask = Float32Array.from({ length: x.size }, () => (random.uniform() < rate ? 0 : kept));
  return x.mul(tf.tensor(mask, x.shape));
}
