import { undetermined } from './margin-audit.js';
import { tooFew } from './withhold-line.js';

/**
 * Which column totals of a table are withheld, whose rows come from sites that have each withheld what they must and
 * whose row totals are known: none where no withheld count follows from the totals, else those of all columns that hold a
 * withheld count. In what is left no row or column, totals included, has exactly one withheld cell.
 * Not covered: reasoning backwards from which counts were withheld to what they may be.
 * @param counts [sites, columns]
 * @param hidden of the same shape; a withheld count is above zero, and a reader knows that
 */
export function withholdTotals(
  counts: readonly (readonly number[])[],
  hidden: readonly (readonly boolean[])[],
  minimumCell: number,
): boolean[] {
  const columns = counts[0]?.length ?? 0;
  const totals = Array.from({ length: columns }, (_, column) => counts.reduce((sum, row) => sum + row[column]!, 0));
  if (undetermined(counts, hidden, 1) && !totals.some((total) => tooFew(total, minimumCell))) {
    return totals.map(() => false);
  }
  return totals.map((_, column) => hidden.some((row) => row[column]!));
}
