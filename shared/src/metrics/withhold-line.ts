/** Someone, but fewer than may be spoken of. */
export const tooFew = (patients: number, minimumCell: number): boolean => patients > 0 && patients < minimumCell;

/**
 * Which of several counts with a known total are withheld: those of too few patients and, since total minus the rest
 * would give one away, the next smallest until at least two are withheld that together are `minimumCell` patients.
 */
export function withholdLine(patients: readonly number[], minimumCell: number): boolean[] {
  const hidden = patients.map((count) => tooFew(count, minimumCell));
  const rest = patients
    .map((count, index) => ({ count, index }))
    .filter(({ count, index }) => count > 0 && !hidden[index])
    .sort((a, b) => a.count - b.count || a.index - b.index);
  for (const { index } of rest) {
    const withheldCounts = patients.filter((_, position) => hidden[position]);
    if (withheldCounts.length === 0) break;
    const together = withheldCounts.reduce((sum, count) => sum + count, 0);
    if (withheldCounts.length > 1 && together >= minimumCell) break;
    hidden[index] = true;
  }
  return hidden;
}
