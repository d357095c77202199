import type { Random } from '../../layers/index.js';
import { type Bags, runLength } from '../../samples/index.js';
import { drawVectors } from '../../training/index.js';
import type { GenbloomOptions } from './config.js';

/** The views of some patients: lists of vectors by their numbers in the input, view by view. */
export interface Views {
  /** Two large parts of each bag, [2 · patients]. The teacher sees these alone. */
  readonly global: readonly Int32Array[];
  /** How many cells of each global view are masked for the student: its first ones, which are as random as any. */
  readonly masked: Int32Array;
  /** Small parts of each bag, [localViews · patients]. */
  readonly local: readonly Int32Array[];
}

export const globalViews = 2;

/** Shares of a bag that a view holds, and of a view that is masked. */
const globalShare = [0.5, 1] as const;
const localShare = [0.1, 0.3] as const;
const maskedShare = [0.1, 0.5] as const;
/** How many of the global views are masked. */
const maskProbability = 0.5;

/** Draws the views of some patients; views are cut without putting a cell back, and no view is empty. */
export function drawViews(
  bags: Bags,
  rows: Int32Array,
  { globalCells, localViews, localCells }: Pick<GenbloomOptions, 'globalCells' | 'localViews' | 'localCells'>,
  random: Random,
): Views {
  const between = ([low, high]: readonly [number, number]) => low + (high - low) * random.uniform();
  const cut = (views: number, share: readonly [number, number], least: number, most: number) =>
    Array.from({ length: views }, () =>
      Array.from(rows, (row) => {
        const wanted = Math.round(runLength(bags.starts, row) * between(share));
        return drawVectors(bags, row, Math.min(most, Math.max(least, wanted)), random);
      }),
    ).flat();
  const global = cut(globalViews, globalShare, 1, globalCells);
  const masked = Int32Array.from(global, ({ length }) =>
    random.uniform() < maskProbability ? Math.ceil(length * between(maskedShare)) : 0,
  );
  return { global, masked, local: cut(localViews, localShare, localCells, globalCells) };
}
