import { serverStep, within } from './server-step.js';
import type { MeanSettings } from './weighted-mean.js';

interface Adaptive extends MeanSettings {
  readonly rate: number;
  readonly beta1: number;
  readonly tau: number;
}
interface Decaying extends Adaptive {
  readonly beta2: number;
}

/**
 * The three of Reddi et al. 2021 (Adaptive Federated Optimization, algorithm 2): m ← β₁ m + (1 − β₁) Δ, then v by name, then
 * x ← x + η m / (√v + τ). As in the formulas that Flower publishes, m and v are 0 before the first round (the paper lets v
 * begin at τ² or above), v is made of Δ and not of m, and there is no correction of the bias.
 */
const adaptive = <Settings extends Adaptive>(second: (settings: Settings, before: number, square: number) => number) =>
  serverStep<Settings>(['momentum', 'second-moment'], (settings) => {
    const { rate, beta1, tau } = settings;
    return (direction, [momentum, moments], at) => {
      const m = within(beta1 * momentum![at]! + (1 - beta1) * direction);
      const v = within(second(settings, moments![at]!, direction * direction));
      momentum![at] = m;
      moments![at] = v;
      return (rate * m) / (Math.sqrt(v) + tau);
    };
  });

/** v ← β₂ v + (1 − β₂) Δ². */
export const fedadam = adaptive<Decaying>(({ beta2 }, v, square) => beta2 * v + (1 - beta2) * square);

/** v ← v − (1 − β₂) Δ² sign(v − Δ²). */
export const fedyogi = adaptive<Decaying>(({ beta2 }, v, square) => v - (1 - beta2) * square * signOf(v - square));

/** v ← v + Δ². */
export const fedadagrad = adaptive<Adaptive>((_, v, square) => v + square);

const signOf = (value: number): number => (value > 0 ? 1 : value < 0 ? -1 : 0);
