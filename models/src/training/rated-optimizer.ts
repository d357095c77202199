import { rateFactor } from '@consilium/shared/contract';
import type { TrainedTensor } from './model.js';
import { createOptimizer, type Optimizer, type OptimizerSettings } from './optimizer.js';

/** What the learning rate of a tensor is multiplied by, by the beginning of its name. */
export type RateFactors = Readonly<Record<string, number>>;

/** One optimizer over tensors whose rates differ. */
export function ratedOptimizer(
  settings: OptimizerSettings,
  trained: readonly TrainedTensor[],
  rates: RateFactors,
): Optimizer {
  const factors = trained.map(({ name }) => rateFactor(name, rates));
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
