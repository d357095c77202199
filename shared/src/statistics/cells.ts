/** A count that may say too much: how many samples, of how many patients. */
export interface Cell {
  readonly samples: number;
  readonly patients: number;
}

/**
 * Counts as they may leave a site: null where fewer than `minimum` patients, but not none, stand behind one.
 * Where exactly one of them would be null, the smallest of the others goes too: the total is known, and would give it back.
 */
export function suppressCells(cells: readonly Cell[], minimum: number): readonly (number | null)[] {
  const small = cells.map(({ patients }) => patients > 0 && patients < minimum);
  if (small.filter(Boolean).length === 1) {
    const others = cells.flatMap((cell, index) => (cell.samples > 0 && !small[index] ? [{ ...cell, index }] : []));
    const least = others.sort((a, b) => a.samples - b.samples || a.index - b.index)[0];
    if (least) small[least.index] = true;
  }
  return cells.map(({ samples }, index) => (small[index] ? null : samples));
}
