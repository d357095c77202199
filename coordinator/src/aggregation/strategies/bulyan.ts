import { distances, krumOrder } from './distances.js';
import { between as numbers } from './ranked.js';
import type { Strategy } from './strategy.js';

/**
 * θ = n − 2f updates are chosen by Krum, one after the other, each among those that are left. Then every value is the mean of the
 * β = θ − 2f chosen ones nearest to their median (El Mhamdi, Guerraoui and Rouault 2018, The Hidden Vulnerability of Distributed
 * Learning in Byzantium). In ascending order these stand side by side; of two rows of them equally near, the lesser. Each site
 * counts the same, and moving averages are folded like any other values.
 */
export const bulyan: Strategy<{ readonly faulty: number }> = ({ faulty }, contributions, { kernel }) => {
  const sites = contributions.length;
  if (sites < 4 * faulty + 3) throw new RangeError(`fold: bulyan with ${sites} sites`);
  const theta = sites - 2 * faulty;
  const beta = theta - 2 * faulty;
  const measured = distances(sites, kernel);
  const sorter = kernel.sorter(theta, numbers(0, theta));
  let rows: Float32Array[] = [];
  let kept: ReadonlySet<number> | undefined;
  const chosen = (): ReadonlySet<number> => {
    kept ??= select(measured.between, faulty, theta);
    return kept;
  };
  return {
    survey: measured.survey,
    readsBase: false,
    keeps: [],
    counts: () => null,
    open: () => {
      rows = [];
    },
    add: (index, values) => {
      if (!chosen().has(index)) return [values];
      rows.push(values);
      return [];
    },
    close: (into) => sorter.sort(rows, (ranked, begin, end) => nearestMeans(ranked, beta, into.subarray(begin, end))),
  };
};

function select(between: readonly Float64Array[], faulty: number, theta: number): ReadonlySet<number> {
  const chosen = new Set<number>();
  while (chosen.size < theta) {
    const left = [...between.keys()].filter((site) => !chosen.has(site));
    chosen.add(krumOrder(between, left, faulty)[0]!);
  }
  return chosen;
}

/** Of each column the mean of the `count` values nearest to its median. */
function nearestMeans(ranked: readonly Float32Array[], count: number, values: Float32Array): void {
  const rows = ranked.length;
  for (let i = 0; i < values.length; i++) {
    const middle = (ranked[(rows - 1) >> 1]![i]! + ranked[rows >> 1]![i]!) / 2;
    // The nearest are in a row: it moves up as long as the value above it is nearer than its own least.
    let first = 0;
    while (first + count < rows && ranked[first + count]![i]! - middle < middle - ranked[first]![i]!) first++;
    let sum = 0;
    for (let rank = first; rank < first + count; rank++) sum += ranked[rank]![i]!;
    values[i] = sum / count;
  }
}
