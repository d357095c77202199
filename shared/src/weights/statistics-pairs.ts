import { fail } from '../errors/index.js';
import { elementsOf, type Layout } from './layout.js';

/** Where a tensor's values lie in the flat vector of all. */
export interface Place {
  readonly element: number;
  readonly elements: number;
}

/** The moving averages of one batch normalisation: means, and the biased variances about them, one a channel. */
export interface StatisticsPair {
  readonly mean: Place;
  readonly variance: Place;
}

const meanEnding = '/moving_mean';
const varianceEnding = '/moving_variance';

/**
 * The batch normalisations whose moving averages are shared, by their tensors' names: `name/moving_mean` and
 * `name/moving_variance`. Their means are averaged over sites as any tensor is; a variance must also hold how the means differ.
 * @returns pairs in the order of their means
 * @throws CSM-WEIGHTS-LAYOUT when one is without the other, or of another shape
 */
export function statisticsPairs(layout: Layout): readonly StatisticsPair[] {
  let element = 0;
  const places = new Map<string, Place & { readonly shape: readonly number[] }>();
  for (const { name, shape } of layout) {
    const elements = elementsOf(shape);
    if (name.endsWith(meanEnding) || name.endsWith(varianceEnding)) places.set(name, { element, elements, shape });
    element += elements;
  }
  const pairs = [...places].flatMap(([name, place]) => {
    const isMean = name.endsWith(meanEnding);
    const owner = name.slice(0, -(isMean ? meanEnding : varianceEnding).length);
    const sibling = `${owner}${isMean ? varianceEnding : meanEnding}`;
    const other = places.get(sibling) ?? fail('CSM-WEIGHTS-LAYOUT', { problem: `${name} is there without ${sibling}` });
    if (other.shape.join() !== place.shape.join()) {
      fail('CSM-WEIGHTS-LAYOUT', { problem: `${name} has another shape than ${sibling}` });
    }
    return isMean ? [{ mean: placeOf(place), variance: placeOf(other) }] : [];
  });
  return pairs;
}

const placeOf = ({ element, elements }: Place): Place => ({ element, elements });
