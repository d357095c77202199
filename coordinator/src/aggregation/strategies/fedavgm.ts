import { serverStep, within } from './server-step.js';
import type { MeanSettings } from './weighted-mean.js';

interface Settings extends MeanSettings {
  readonly rate: number;
  readonly momentum: number;
}

/**
 * Momentum of the server: m ← β m + Δ, x ← x + η m, with m = 0 before the first round
 * (Hsu, Qi and Brown 2019, Measuring the Effects of Non-Identical Data Distribution for Federated Visual Classification).
 */
export const fedavgm = serverStep<Settings>(['momentum'], ({ rate, momentum }) => (direction, [before], at) => {
  const now = within(momentum * before![at]! + direction);
  before![at] = now;
  return rate * now;
});
