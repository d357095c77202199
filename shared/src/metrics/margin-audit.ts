import type { Confusion } from './confusion.js';

/**
 * Whether every withheld cell above zero could be another number, for one who knows all other cells and all row and
 * column totals, and that counts are not negative.
 *
 * Two tables with equal totals differ by closed walks through the withheld cells that add one and take one away in turn
 * (Gusfield 1988). So a cell is free if such a walk passes through it: row → column adds to a cell, which always may be;
 * column → row takes from one, which must hold more than a reader knows it to hold at least.
 * @param samples [rows, columns], not always square
 * @param least what a reader knows each withheld cell above zero to hold, of all cells or of each
 */
export function undetermined(
  samples: Confusion,
  hidden: readonly (readonly boolean[])[],
  least: 0 | 1 | ((row: number, column: number) => 0 | 1) = 0,
): boolean {
  const leastAt = typeof least === 'number' ? () => least : least;
  const rows = samples.length;
  const columns = samples[0]?.length ?? 0;
  return hidden.every((line, row) =>
    line.every((isHidden, column) => {
      if (!isHidden || samples[row]![column] === 0) return true;
      const mayFall = samples[row]![column]! > leastAt(row, column);
      return (mayFall && reaches({ row }, { column })) || reaches({ column }, { row });

      /** A walk between the cell's own row and column that does not use the cell itself. */
      function reaches(from: { row: number } | { column: number }, to: { row: number } | { column: number }): boolean {
        const node = (place: { row: number } | { column: number }) =>
          'row' in place ? place.row : rows + place.column;
        const target = node(to);
        const seen = new Set([node(from)]);
        const open = [...seen];
        for (let current = open.pop(); current !== undefined; current = open.pop()) {
          if (current === target) return true;
          for (let other = 0; other < (current < rows ? columns : rows); other++) {
            const [r, c, next] = current < rows ? [current, other, rows + other] : [other, current - rows, other];
            const own = r === row && c === column;
            const passable = !own && hidden[r]![c]! && (current < rows || samples[r]![c]! > leastAt(r, c));
            if (passable && !seen.has(next)) {
              seen.add(next);
              open.push(next);
            }
          }
        }
        return false;
      }
    }),
  );
}
