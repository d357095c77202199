import type { Strategy } from './strategy.js';
import { type MeanSettings, weightedMean } from './weighted-mean.js';

/**
 * The mean of the updates weighted by training samples: Σ (nᵢ / N) · wᵢ in float64
 * (McMahan et al. 2017, Communication-Efficient Learning of Deep Networks from Decentralized Data, algorithm 1).
 * So is `fedprox` (Li et al. 2020, Federated Optimization in Heterogeneous Networks), whose proximal term is the sites' work.
 * Moving averages are those of all sites' rows together.
 */
export const fedavg: Strategy<MeanSettings> = (settings, contributions, means) => {
  const { survey, counts, open, add, mean } = weightedMean(settings, contributions, means);
  let start: Float32Array = new Float32Array();
  return {
    ...(survey && { survey }),
    readsBase: survey !== undefined,
    keeps: [],
    counts,
    open: ({ base }) => {
      start = base;
      open();
    },
    add,
    close: (into) => mean(start).store(into),
  };
};
