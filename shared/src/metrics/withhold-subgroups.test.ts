import { describe, expect, it } from 'vitest';
import { releasable } from '../statistics/index.js';
import { type SubgroupMask, tooFew, withholdLine, withholdSubgroups } from './index.js';

type Table = readonly (readonly number[])[];

const minimumCell = 3;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const sizesOf = (table: Table): number[] => table.map(sum);
const totalsOf = (table: Table): number[] =>
  table[0]!.map((_, column) => table.reduce((total, row) => total + row[column]!, 0));

/** Every table of so many groups and classes over so many samples. */
function tablesOver(groups: number, classes: number, n: number): readonly Table[] {
  const found: Table[] = [];
  const flat = new Array<number>(groups * classes).fill(0);
  const place = (position: number, left: number): void => {
    if (position === flat.length - 1) {
      flat[position] = left;
      found.push(Array.from({ length: groups }, (_, row) => flat.slice(row * classes, (row + 1) * classes)));
      return;
    }
    for (let count = 0; count <= left; count++) {
      flat[position] = count;
      place(position + 1, left - count);
    }
  };
  place(0, n);
  return found;
}

interface Released extends SubgroupMask {
  /** Class totals, as the report of all samples has them. */
  readonly supports: readonly boolean[];
}

/** What a site withholds of a table in which each sample is another patient. */
function released(table: Table): Released {
  const groups = table.map((row, group) => new Set(Array.from({ length: sum(row) }, (_, one) => 1000 * group + one)));
  const enough = releasable(groups, minimumCell);
  const told = groups.map(({ size }, group) => enough[group]! && (size > 0 || enough.every(Boolean)));
  const supports = withholdLine(totalsOf(table), minimumCell);
  const few = table.map((row) => withholdLine(row, minimumCell));
  return { ...withholdSubgroups({ samples: table, told, few, supports }), supports };
}

/** Cells with the line's total last, then the totals of columns. The number of all samples is always known. */
const linesOf = ({ cells, sizes, supports }: Released): (readonly boolean[])[] => [
  ...cells.map((row, group) => [...row, sizes[group]!]),
  sizes,
  supports,
  ...supports.map((total, column) => [...cells.map((row) => row[column]!), total]),
];

const shapes = [
  [2, 2, 10],
  [3, 2, 8],
  [2, 3, 8],
] as const;

describe.each(shapes)('the released table of %i subgroups and %i classes', (groups, classes, most) => {
  const tables = Array.from({ length: most - minimumCell + 1 }, (_, more) =>
    tablesOver(groups, classes, minimumCell + more),
  );

  it('has in no row or column, totals included, exactly one withheld cell', () => {
    for (const table of tables.flat()) {
      const lonely = linesOf(released(table)).filter((line) => line.filter(Boolean).length === 1);
      if (lonely.length > 0) expect.fail(`one withheld cell in a line of ${JSON.stringify(table)}`);
    }
  });

  it('withholds every small count and size, and tells of no rest of few patients', () => {
    for (const table of tables.flat()) {
      const { cells, sizes } = released(table);
      const shown = [
        ...table.flatMap((row, group) => row.filter((_, column) => !cells[group]![column]!)),
        ...sizesOf(table).filter((_, group) => !sizes[group]!),
        sum(sizesOf(table).filter((_, group) => sizes[group]!)),
      ];
      if (shown.some((count) => tooFew(count, minimumCell))) expect.fail(`a small count of ${JSON.stringify(table)}`);
    }
  });

  it('leaves every withheld small count and size another possible value, for one who knows all that is shown', () => {
    for (const same of tables) {
      for (const table of same) {
        const told = givenAway(table, same);
        if (told.length > 0) expect.fail(`${told} of ${JSON.stringify(table)} follows from the rest`);
      }
    }
  });
});

/** Withheld figures of few patients that have one value in all tables that agree with what is shown. */
function givenAway(table: Table, all: readonly Table[]): readonly string[] {
  const mask = released(table);
  const { cells, sizes, supports } = mask;
  const [ownSizes, ownTotals] = [sizesOf(table), totalsOf(table)];
  const possible = all.filter((other) => {
    const [otherSizes, otherTotals] = [sizesOf(other), totalsOf(other)];
    return (
      otherSizes.every((size, group) => sizes[group] || size === ownSizes[group]) &&
      // A class total is never withheld of nobody, and a reader knows that.
      otherTotals.every((total, column) => (supports[column] ? total > 0 : total === ownTotals[column])) &&
      other.every((row, group) =>
        row.every((count, column) => cells[group]![column] || count === table[group]![column]),
      )
    );
  });
  const guarded = [
    ...table.flatMap((row, group) =>
      row.map((count, column) => ({
        name: `count ${group},${column}`,
        count,
        of: (other: Table) => other[group]![column]!,
      })),
    ),
    ...ownSizes.map((count, group) => ({ name: `size ${group}`, count, of: (other: Table) => sum(other[group]!) })),
  ].filter(({ count }) => tooFew(count, minimumCell));
  return guarded.flatMap(({ name, of }) => (new Set(possible.map(of)).size < 2 ? [name] : []));
}

describe('a table of subgroups', () => {
  it('is shown whole where every count is of enough patients', () => {
    const { cells, sizes } = released([
      [8, 5],
      [3, 9],
      [0, 0],
    ]);
    expect([cells.flat(), sizes].flat().some(Boolean)).toBe(false);
  });

  it('loses the line of a small group, and of another beside it', () => {
    const { sizes, cells } = released([
      [10, 12],
      [7, 6],
      [1, 0],
    ]);
    expect(sizes).toEqual([false, true, true]);
    expect(cells[0]).toEqual([false, false]);
    expect(cells[1]).toEqual([true, true]);
  });

  it('hides more counts of a small one whose column total is known', () => {
    const { cells, sizes, supports } = released([
      [9, 1, 7],
      [8, 9, 8],
      [5, 6, 7],
    ]);
    expect([...sizes, ...supports].some(Boolean)).toBe(false);
    expect(cells.map((row) => row.filter(Boolean).length)).toEqual([2, 0, 2]);
  });

  it('is withheld line by line where it is too large to be audited', () => {
    const samples = Array.from({ length: 8 }, (_, group) =>
      Array.from({ length: 60 }, (_, at) => (at + group ? 9 : 1)),
    );
    const { cells, sizes } = released(samples);
    expect(sizes.some(Boolean)).toBe(false);
    expect(cells.flat().every(Boolean)).toBe(true);
  });
});
