import type { tf } from '../backend/index.js';
import { dropoutMask } from '../operations/index.js';
import { stream } from './random.js';

/** How a network is run: training switches dropout on; the seed belongs to one step. */
export interface Mode {
  readonly training: boolean;
  readonly seed: number;
}

export const inference: Mode = { training: false, seed: 0 };

/**
 * Inverted dropout: while training, each element is 0 with probability `rate`, else divided by `1 − rate`; otherwise
 * the input itself. The mask follows from the step's seed and the place's name, so it is the same on every backend and no two
 * places share one.
 */
export function dropout<T extends tf.Tensor>(x: T, rate: number, mode: Mode, place: string): T {
  const mask = drawMask(x.shape, rate, mode, place);
  return mask === null ? x : x.mul(mask);
}

/** The mask alone; null where nothing is dropped. */
export function drawMask(shape: readonly number[], rate: number, mode: Mode, place: string): tf.Tensor | null {
  if (!mode.training || rate === 0) return null;
  const random = stream(mode.seed, 'dropout', place);
  return dropoutMask(shape, rate, [random.integer(seedLimit), random.integer(seedLimit)]);
}

const seedLimit = 2 ** 31;
