import { tf } from '../backend/index.js';
import { batchNorm as normalise } from '../operations/index.js';
import type { Mode } from './dropout.js';
import { ones, zeros } from './initialisers.js';
import type { NamedTensors, Parameter } from './parameters.js';
import { weight } from './parameters.js';

/** Trainable parameters of a batch normalisation: `name/gamma` and `name/beta`, each [channels]. */
export const batchNormParameters = (name: string, channels: number): readonly Parameter[] => [
  { name: `${name}/gamma`, shape: [channels], draw: ones },
  { name: `${name}/beta`, shape: [channels], draw: zeros },
];

/** Its moving averages, which no gradient reaches: `name/moving_mean` and `name/moving_variance`, each [channels]. */
export const batchNormStatistics = (name: string, channels: number): readonly Parameter[] => [
  { name: `${name}/moving_mean`, shape: [channels], draw: zeros, role: 'statistics' },
  { name: `${name}/moving_variance`, shape: [channels], draw: ones, role: 'statistics' },
];

export interface BatchNormOptions {
  readonly eps: number;
  /** Share of the old moving average that stays after a batch. */
  readonly momentum: number;
  readonly mode: Mode;
}

/**
 * Batch normalisation over all axes but the last (Ioffe & Szegedy 2015); shape kept. While training it normalises with the batch's
 * own mean and biased variance and moves `name/moving_mean` and `name/moving_variance`, which must be variables:
 * `moving ← momentum·moving + (1 − momentum)·batch`, the variance biased too. Otherwise it normalises with the moving averages.
 */
export function batchNorm<T extends tf.Tensor>(
  weights: NamedTensors,
  name: string,
  x: T,
  { eps, momentum, mode }: BatchNormOptions,
): T {
  const channels = x.shape.at(-1) ?? 1;
  const flat = asRows(x, channels);
  const gamma: tf.Tensor1D = weight(weights, `${name}/gamma`);
  const beta: tf.Tensor1D = weight(weights, `${name}/beta`);
  const movingMean = weight(weights, `${name}/moving_mean`);
  const movingVariance = weight(weights, `${name}/moving_variance`);
  if (!mode.training) {
    const scale = gamma.mul(movingVariance.add(eps).rsqrt());
    return flat
      .mul(scale)
      .add(beta.sub(movingMean.mul(scale)))
      .reshape(x.shape);
  }
  const { y, mean, variance } = normalise(flat, gamma, beta, eps);
  move(movingMean, mean, momentum);
  move(movingVariance, variance, momentum);
  return x.rank === 2 ? (y as tf.Tensor as T) : y.reshape(x.shape);
}

const asRows = (x: tf.Tensor, channels: number): tf.Tensor2D =>
  x.rank === 2 ? (x as tf.Tensor2D) : x.reshape([x.size / channels, channels]);

function move(average: tf.Tensor, batch: tf.Tensor, momentum: number): void {
  if (!(average instanceof tf.Variable)) throw new TypeError('a moving average must be a variable');
  average.assign(average.mul(momentum).add(batch.mul(1 - momentum)));
}
