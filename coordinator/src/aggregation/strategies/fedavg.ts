import type { Strategy } from './strategy.js';

/**
 * The mean of the updates weighted by training samples: Σ (nᵢ / N) · wᵢ in float64
 * (McMahan et al. 2017, Communication-Efficient Learning of Deep Networks from Decentralized Data, algorithm 1).
 */
export const fedavg: Strategy = {
  name: 'fedavg',
  begin: (contributions, { kernel, tileElements }) => {
    const total = contributions.reduce((sum, { samples }) => sum + samples, 0);
    if (!(total > 0)) throw new RangeError('fedavg: no training sample stands behind the updates');
    const shares = contributions.map(({ samples }) => samples / total);
    const sums = kernel.accumulator(tileElements);
    return {
      open: () => sums.clear(),
      add: (index, values) => sums.add(values, shares[index]!),
      close: (into) => sums.store(into),
    };
  },
};
