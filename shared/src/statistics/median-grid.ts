/**
 * Counts of values along a public grid, from which a median over all sites can be read without any site naming one of its values.
 * A median lies within one standard deviation of the mean, so the grid's bins of equal width cover mean ± sd; what lies outside
 * counts in the first or the last bin.
 */
export interface MedianGrid {
  /** Where each range of bins ends (its last bin + 1), ascending; the last is `gridBins`. */
  readonly ends: readonly number[];
  /** Values in each range: none, or those of at least the smallest number of patients that a figure may be about. */
  readonly counts: readonly number[];
}

export const gridBins = 64;

/** Where the grid lies: what all sites were told of the feature. */
export interface GridPlace {
  readonly mean: number;
  readonly sd: number;
}

/**
 * Counts a site's known values of one feature. Neighbouring bins are taken together until each range holds the values of at least
 * `minimum` different patients, or none. Where even all together are fewer, nothing is counted.
 * @param values [rows], NaN where missing; `patients` whose row it is
 */
export function gridCounts(
  values: ArrayLike<number>,
  patients: ArrayLike<number>,
  place: GridPlace,
  minimum: number,
): MedianGrid {
  const bins = Array.from({ length: gridBins }, () => ({ count: 0, patients: new Set<number>() }));
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (Number.isNaN(value)) continue;
    const bin = bins[binOf(value, place)]!;
    bin.count += 1;
    bin.patients.add(patients[row]!);
  }
  const ranges: GridRange[] = [];
  let count = 0;
  const known = new Set<number>();
  for (const [index, bin] of bins.entries()) {
    count += bin.count;
    for (const patient of bin.patients) known.add(patient);
    if (known.size > 0 && known.size < minimum) continue;
    if (count === 0 && ranges.at(-1)?.count === 0) ranges.pop();
    ranges.push({ end: index + 1, count });
    count = 0;
    known.clear();
  }
  if (count > 0) closeWithLast(ranges, count);
  return { ends: ranges.map(({ end }) => end), counts: ranges.map((range) => range.count) };
}

/**
 * The median of all sites' values, to within the ranges that hold it: values are taken as spread evenly over theirs.
 * The mean where no site counted any, and for a feature that is constant.
 */
export function medianOf(grids: readonly MedianGrid[], { mean, sd }: GridPlace): number {
  const density = new Float64Array(gridBins);
  for (const { ends, counts } of grids) {
    let begin = 0;
    for (const [range, end] of ends.entries()) {
      for (let bin = begin; bin < end; bin++) density[bin]! += counts[range]! / (end - begin);
      begin = end;
    }
  }
  const half = density.reduce((sum, count) => sum + count, 0) / 2;
  if (half === 0 || binWidth(sd) === 0) return mean;
  // Between the two lies what holds no value: any point halves the values there, and the middle favours neither side.
  const fromBelow = reached(density, half);
  const fromAbove = gridBins - reached(density.toReversed(), half);
  return mean - sd + ((fromBelow + fromAbove) / 2) * binWidth(sd);
}

interface GridRange {
  readonly end: number;
  readonly count: number;
}

/** 0 also for a deviation so small that a bin of it has no width. */
const binWidth = (sd: number): number => (2 * sd) / gridBins;

function binOf(value: number, { mean, sd }: GridPlace): number {
  const width = binWidth(sd);
  return width === 0 ? 0 : Math.min(gridBins - 1, Math.max(0, Math.floor((value - (mean - sd)) / width)));
}

/** The last few values go with the last range that has some; where there is none, they are too few to be told. */
function closeWithLast(ranges: GridRange[], count: number): void {
  while (ranges.at(-1)?.count === 0) ranges.pop();
  const last = ranges.pop();
  ranges.push({ end: gridBins, count: last === undefined ? 0 : last.count + count });
}

/** How far along the grid, in bins, the first `share` of the values reaches. */
function reached(density: Float64Array, share: number): number {
  let sum = 0;
  for (const [bin, count] of density.entries()) {
    if (sum + count >= share * roundingShare) return bin + Math.max(0, Math.min(1, (share - sum) / count));
    sum += count;
  }
  return gridBins;
}

/** Sums of fractions may miss a half by this much. */
const roundingShare = 1 - 1e-9;
