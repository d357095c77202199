import { releasable } from './leave-out.js';

/** A count that may say too much: how many samples, of which patients. */
export interface Cell {
  readonly samples: number;
  readonly patients: ReadonlySet<number>;
}

/**
 * Counts as they may leave a site: null where fewer than `minimum` patients, but not none, stand behind one. The total is known, so those
 * withheld hold at least `minimum` patients together: the smallest of the others go with them until they do.
 */
export function suppressCells(cells: readonly Cell[], minimum: number): readonly (number | null)[] {
  const released = releasable(
    cells.map(({ patients }) => patients),
    minimum,
  );
  return cells.map(({ samples }, index) => (released[index] ? samples : null));
}
