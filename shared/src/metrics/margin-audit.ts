import type { Confusion } from './confusion.js';

/**
 * Whether every withheld cell above zero could be another number, for one who knows all other cells and all row and
 * column totals, and that counts are not negative.
 *
 * Two tables with equal totals differ by closed walks through the withheld cells that add one and take one away in turn
 * (Gusfield 1988). So a cell is free if such a walk passes through it: row → column adds to a cell, which always may be;
 * column → row takes from one, which must hold something.
 */
export function undetermined(samples: Confusion, hidden: readonly (readonly boolean[])[]): boolean {
  const size = samples.length;
  return hidden.every((line, row) =>
    line.every((isHidden, column) => {
      if (!isHidden || samples[row]![column] === 0) return true;
      return reaches({ row }, { column }) || reaches({ column }, { row });

      /** A walk between the cell's own row and column that does not use the cell itself. */
      function reaches(from: { row: number } | { column: number }, to: { row: number } | { column: number }): boolean {
        const node = (place: { row: number } | { column: number }) =>
          'row' in place ? place.row : size + place.column;
        const target = node(to);
        const seen = new Set([node(from)]);
        const open = [...seen];
        for (let current = open.pop(); current !== undefined; current = open.pop()) {
          if (current === target) return true;
          for (let other = 0; other < size; other++) {
            const [r, c, next] = current < size ? [current, other, size + other] : [other, current - size, other];
            const own = r === row && c === column;
            const passable = !own && hidden[r]![c]! && (current < size || samples[r]![c]! > 0);
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
