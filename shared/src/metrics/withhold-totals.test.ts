import { describe, expect, it } from 'vitest';
import { tooFew, withholdLine } from './withhold-line.js';
import { withholdTotals } from './withhold-totals.js';

type Table = readonly (readonly number[])[];

const minimumCell = 3;

/** Every table of so many sites and classes with counts of 0 to `most`, in which each site has enough patients. */
function* tables(sites: number, classes: number, most: number): Generator<Table> {
  const cells = sites * classes;
  for (let code = 0; code < (most + 1) ** cells; code++) {
    const digits = Array.from({ length: cells }, (_, place) => Math.floor(code / (most + 1) ** place) % (most + 1));
    const table = Array.from({ length: sites }, (_, row) => digits.slice(row * classes, (row + 1) * classes));
    if (table.every((row) => row.reduce((sum, count) => sum + count, 0) >= minimumCell)) yield table;
  }
}

const totalsOf = (table: Table): number[] =>
  table[0]!.map((_, column) => table.reduce((sum, row) => sum + row[column]!, 0));
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The released table, each line with its total last; true where withheld. */
function releasedMask(table: Table): { readonly cells: boolean[][]; readonly totals: boolean[] } {
  const cells = table.map((row) => withholdLine(row, minimumCell));
  return { cells, totals: withholdTotals(table, cells, minimumCell) };
}

describe.each([
  [2, 2, 5],
  [3, 2, 4],
  [2, 3, 4],
])('the released table of %i sites and %i classes', (sites, classes, most) => {
  it('has in no row or column, totals included, exactly one withheld cell', () => {
    for (const table of tables(sites, classes, most)) {
      const { cells, totals } = releasedMask(table);
      const lines = [...cells, totals, ...totals.map((total, column) => [...cells.map((row) => row[column]!), total])];
      const lonely = lines.filter((line) => line.filter(Boolean).length === 1);
      if (lonely.length > 0) expect.fail(`one withheld cell in a line of ${JSON.stringify(table)}`);
    }
  });

  it('withholds every small count, of a site and of all', () => {
    for (const table of tables(sites, classes, most)) {
      const { cells, totals } = releasedMask(table);
      const shown = [
        ...table.flatMap((row, r) => row.filter((_, c) => !cells[r]![c]!)),
        ...totalsOf(table).filter((_, c) => !totals[c]!),
      ];
      if (shown.some((count) => tooFew(count, minimumCell))) expect.fail(`a small count of ${JSON.stringify(table)}`);
    }
  });
});

it('leaves every withheld count another possible value, for one who knows all that is shown and that it is above zero', () => {
  for (const table of tables(2, 2, 6)) {
    const { cells, totals } = releasedMask(table);
    const known = totalsOf(table).map((total, column) => (totals[column] ? null : total));
    const possible = table
      .map((row, r) => (cells[r]!.some(Boolean) ? splitsOf(sum(row)) : [row]))
      .reduce<Table[]>((some, rows) => some.flatMap((before) => rows.map((row) => [...before, row])), [[]])
      .filter((other) => totalsOf(other).every((total, column) => known[column] === null || known[column] === total));
    for (const [r, row] of table.entries()) {
      for (const c of row.keys()) {
        const values = new Set(possible.map((other) => other[r]![c]!));
        if (cells[r]![c]! && values.size === 1) expect.fail(`a withheld count of ${JSON.stringify(table)} is told`);
      }
    }
  }
});

/** Two counts above zero of a known sum. A line of two withholds both or none. */
const splitsOf = (total: number): number[][] =>
  Array.from({ length: total - 1 }, (_, index) => [index + 1, total - index - 1]);
