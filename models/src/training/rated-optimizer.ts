import type { TrainedTensor } from './model.js';
import { createOptimizer, type Optimizer, type OptimizerSettings } from './optimizer.js';

/** What the learning rate of a tensor is multiplied by, by the beginning of its name. */
export type RateFactors = Readonly<Record<string, number>>;

/**
 * One optimizer over tensors whose rates differ. The longest beginning that fits a name decides; a name that none fits has the rate of
 * the settings.
 */
export function ratedOptimizer(
  settings: OptimizerSettings,
  trained: readonly TrainedTensor[],
  rates: RateFactors,
): Optimizer {
  const prefixes = Object.keys(rates).sort((a, b) => b.length - a.length);
  const factors = trained.map(({ name }) => {
    const prefix = prefixes.find((candidate) => name.startsWith(candidate));
    return prefix === undefined ? 1 : (rates[prefix] ?? 1);
  });
  const parts = [...new Set(factors)].map((factor) => {
    const members = [...factors.keys()].filter((index) => factors[index] === factor);
    const variables = members.flatMap((index) => trained[index]?.variable ?? []);
    return { factor, members, optimizer: createOptimizer(settings, variables) };
  });
  return {
    apply: (gradients, now) => {
      for (const { factor, members, optimizer } of parts) {
        const rate = (now?.rate ?? settings.rate) * factor;
        optimizer.apply(
          members.flatMap((index) => gradients[index] ?? []),
          { ...now, rate },
        );
      }
    },
    dispose: () => {
      for (const { optimizer } of parts) optimizer.dispose();
    },
  };
}
