import { setImmediate } from 'node:timers/promises';
import type { Kernel } from '../kernels/index.js';
import type { Survey } from './strategy.js';

/** Squared distances between the updates of all sites: `between[i][j]`, of use once the survey is over. */
export interface Distances {
  readonly survey: Survey;
  readonly between: readonly Float64Array[];
}

/** Measures them over all that the sites sent, tile after tile in float64. */
export function distances(sites: number, { differenceSquares }: Kernel): Distances {
  const between = Array.from({ length: sites }, () => new Float64Array(sites));
  const rows: Float32Array[] = new Array(sites);
  return {
    between,
    survey: {
      readsBase: false,
      open: () => {},
      add: (index, values) => {
        rows[index] = values;
        return [];
      },
      async close() {
        for (let i = 0; i < sites; i++) {
          for (let j = i + 1; j < sites; j++) {
            const squares = differenceSquares(rows[i]!, rows[j]!);
            between[i]![j]! += squares;
            between[j]![i]! += squares;
          }
          await setImmediate();
        }
      },
    },
  };
}

/**
 * Krum's order among the `candidates`: by the sum of the squared distances to the nearest others, n − f − 2 of them and one at
 * least, least first; of equal ones the first in order of the sites
 * (Blanchard et al. 2017, Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent).
 */
export function krumOrder(
  between: Distances['between'],
  candidates: readonly number[],
  faulty: number,
): readonly number[] {
  const nearest = Math.max(1, candidates.length - faulty - 2);
  const scored = candidates.map((site) => {
    const away = candidates.flatMap((other) => (other === site ? [] : [between[site]![other]!]));
    return {
      site,
      score: away
        .sort((a, b) => a - b)
        .slice(0, nearest)
        .reduce((sum, one) => sum + one, 0),
    };
  });
  return scored.sort((a, b) => a.score - b.score || a.site - b.site).map(({ site }) => site);
}
