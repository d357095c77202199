/**
 * Adjusted Rand index of two ways to group the same rows (Hubert & Arabie 1985): 1 where they agree, about 0 by chance, below it where they
 * agree less. Labels are any whole numbers. 1 for groupings that leave nothing to agree on (all in one group, or all alone, twice).
 */
export function adjustedRand(first: ArrayLike<number>, second: ArrayLike<number>): number {
  const rows = first.length;
  if (second.length !== rows) throw new RangeError(`${rows} and ${second.length} labels`);
  const cells = new Map<string, number>();
  const firstSizes = new Map<number, number>();
  const secondSizes = new Map<number, number>();
  for (let row = 0; row < rows; row++) {
    const [a, b] = [first[row]!, second[row]!];
    add(cells, `${a} ${b}`);
    add(firstSizes, a);
    add(secondSizes, b);
  }
  const together = pairsIn(cells);
  const inFirst = pairsIn(firstSizes);
  const inSecond = pairsIn(secondSizes);
  const expected = rows < 2 ? 0 : (inFirst * inSecond) / pairs(rows);
  const most = (inFirst + inSecond) / 2;
  return most === expected ? 1 : (together - expected) / (most - expected);
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

const pairs = (count: number): number => (count * (count - 1)) / 2;
const pairsIn = (counts: ReadonlyMap<unknown, number>): number =>
  [...counts.values()].reduce((sum, count) => sum + pairs(count), 0);
