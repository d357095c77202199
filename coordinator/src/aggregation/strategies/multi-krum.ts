import { distances, krumOrder } from './distances.js';
import type { Strategy } from './strategy.js';

/**
 * The plain mean of the updates that lie nearest to the others: `keep` of them, n − f − 2 where that is left out, as many as the
 * proof allows; one is Krum itself (Blanchard et al. 2017, section 4; El Mhamdi, Guerraoui and Rouault 2018). Kept sites count the
 * same, as in the papers, since a count of samples is a site's own word. The moving averages are those of the kept sites' rows.
 */
export const multiKrum: Strategy<{ readonly faulty: number; readonly keep?: number }> = (
  { faulty, keep },
  contributions,
  { kernel, tileElements },
) => {
  const sites = contributions.length;
  const most = sites - faulty - 2;
  const count = keep ?? most;
  if (sites < 2 * faulty + 3 || count > most) throw new RangeError(`fold: multi-krum with ${sites} sites`);
  const { survey, between } = distances(sites, kernel);
  const sums = kernel.accumulator(tileElements);
  let kept: ReadonlySet<number> | undefined;
  const chosen = (): ReadonlySet<number> => {
    kept ??= new Set(krumOrder(between, [...contributions.keys()], faulty).slice(0, count));
    return kept;
  };
  return {
    survey,
    readsBase: false,
    keeps: [],
    counts: () => contributions.map(({ samples }, index) => (chosen().has(index) ? samples : 0)),
    open: () => sums.clear(),
    add: (index, values) => (chosen().has(index) ? sums.add(values, 1 / count) : [values]),
    close: (into) => sums.store(into),
  };
};
