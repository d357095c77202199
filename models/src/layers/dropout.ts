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
  const drawn = drawDropout(rate, mode, place);
  return drawn === undefined ? x : x.mul(dropoutMask(x.shape, drawn.rate, drawn.seed));
}

/** What a mask is drawn from; undefined where nothing is dropped. */
export function drawDropout(rate: number, mode: Mode, place: string): Dropout | undefined {
  if (!mode.training || rate === 0) return undefined;
  const random = stream(mode.seed, 'dropout', place);
  return { rate, seed: [random.integer(seedLimit), random.integer(seedLimit)] };
}

interface Dropout {
  readonly rate: number;
  readonly seed: readonly [number, number];
}

const seedLimit = 2 ** 31;
