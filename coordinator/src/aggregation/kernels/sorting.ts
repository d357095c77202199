/** Two rows of a network, by number: the lesser value goes to the first. */
export type Exchange = readonly [low: number, high: number];

/** Sorts columns of many rows at once, in memory of its own. */
export interface Sorter {
  /**
   * Sorts each column over the rows, block by block, and shows every block: `ranked[r]` holds the values of rank r (0 is the
   * least) of the columns from `begin` to `end`, at its beginning. Ranks that were not asked for mean nothing. What it shows is
   * overwritten by the next block.
   */
  sort(
    rows: readonly Float32Array[],
    visit: (ranked: readonly Float32Array[], begin: number, end: number) => void,
  ): void;
  /** The same for the median over the rows, written to `into`: of an even number the mean of the two in the middle, in float64. */
  median(rows: readonly Float32Array[], into: Float32Array): void;
}

/** What a kernel does with the block in its memory. */
export interface BlockWork {
  /** All exchanges of the network, in every column. */
  exchange(): void;
  /** Row `low` becomes the mean of the two. */
  halfway(low: number, high: number): void;
}

/** Columns are padded to this many, so that a kernel may take them by vectors. */
export const columnStep = 16;
/** Rows of a block stay in the caches. */
const blockBytes = 2 ** 16;

/** How many columns a block has. */
export const columnsOf = (rows: number): number =>
  Math.max(columnStep, Math.floor(blockBytes / (4 * rows * columnStep)) * columnStep);

/** Copies block after block into rows of the kernel's, lets it work there, and shows what comes out. */
export function sorterOver(block: readonly Float32Array[], { exchange, halfway }: BlockWork): Sorter {
  const columns = block[0]?.length ?? columnStep;
  const sort: Sorter['sort'] = (rows, visit) => {
    const length = rows[0]?.length ?? 0;
    if (rows.length !== block.length || rows.some((row) => row.length !== length)) {
      throw new RangeError(`kernel: ${rows.length} rows do not fit a sorter of ${block.length}`);
    }
    for (let begin = 0; begin < length; begin += columns) {
      const end = Math.min(begin + columns, length);
      for (let row = 0; row < rows.length; row++) block[row]!.set(rows[row]!.subarray(begin, end));
      exchange();
      visit(block, begin, end);
    }
  };
  const [low, high] = middleOf(block.length);
  return {
    sort,
    median: (rows, into) =>
      sort(rows, (ranked, begin, end) => {
        if (low !== high) halfway(low, high);
        into.set(ranked[low]!.subarray(0, end - begin), begin);
      }),
  };
}

/** The ranks that a median takes: the middle one, or the two in the middle. */
export const middleOf = (rows: number): readonly [low: number, high: number] => [(rows - 1) >> 1, rows >> 1];

/**
 * A sorting network for any number of rows: Batcher's odd-even merge (1968), less every exchange that none of the wanted ranks
 * depends on. The same exchanges whatever the values, so that a kernel may do them for many columns at once.
 */
export function networkOf(rows: number, ranks: readonly number[]): readonly Exchange[] {
  const wanted = new Set(ranks);
  const network: Exchange[] = [];
  for (const [low, high] of batcher(rows).toReversed()) {
    if (!wanted.has(low) && !wanted.has(high)) continue;
    network.push([low, high]);
    wanted.add(low).add(high);
  }
  return network.reverse();
}

function batcher(rows: number): readonly Exchange[] {
  const exchanges: Exchange[] = [];
  for (let size = 1; size < rows; size *= 2) {
    for (let gap = size; gap >= 1; gap /= 2) {
      for (let start = gap % size; start + gap < rows; start += 2 * gap) {
        for (let low = start; low < Math.min(start + gap, rows - gap); low++) {
          if (Math.floor(low / (2 * size)) === Math.floor((low + gap) / (2 * size))) exchanges.push([low, low + gap]);
        }
      }
    }
  }
  return exchanges;
}
