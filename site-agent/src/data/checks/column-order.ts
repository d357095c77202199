import { type CheckedRow, type CheckedTable, fewestFeatures, placeOf, type TableFault } from './table.js';

/**
 * Looks for rows whose values lie in another order than the header says: in alphabetical order, or in that of the run's list, as where tables
 * with different columns were put under one header. Most features have a level of their own (a gene is read much or little, whoever the
 * patient), so a row is compared with the table's median profile by rank correlation, as it stands and as it would stand in that order.
 * A table that is wrong throughout has a profile that is wrong alike, and passes.
 * @returns null when nothing is wrong
 */
export function columnOrderFault({ features, rows, headers, listed }: CheckedTable): TableFault | null {
  if (features.length < fewestFeatures) return null;
  const profile = profileOf(features, rows);
  for (const [file, header] of headers) {
    const own = rows.filter((row) => row.file === file);
    const given = ordered(header, features);
    const others = { 'in alphabetical order': features.toSorted(), 'in the order of the run’s list': listed ?? [] };
    for (const [words, order] of Object.entries(others)) {
      const misread = misreadRows(own, { given, other: ordered(order, features), profile });
      if (misread.length >= Math.max(fewestRows, own.length * leastShare)) {
        return { problem: `values lie ${words} under a header in another`, places: placeOf(misread[0]!) };
      }
    }
  }
  return null;
}

/** Fewer rows than this may fit another order by chance. */
const fewestRows = 3;
const leastShare = 0.05;
/** Rank correlation with the profile that a row has in its right order, and has not in a wrong one. */
const likeness = 0.5;
/** So many columns tell an order as well as all of them. */
const mostColumns = 512;

interface Orders {
  /** Column of the features that the header says each place holds. */
  readonly given: readonly number[];
  /** The one that it would hold in another order. */
  readonly other: readonly number[];
  readonly profile: Float32Array;
}

function misreadRows(rows: readonly CheckedRow[], { given, other, profile }: Orders): readonly CheckedRow[] {
  if (given.length !== other.length || given.every((column, place) => column === other[place])) return [];
  const step = Math.max(1, given.length / mostColumns);
  const places = Array.from({ length: Math.floor(given.length / step) }, (_, index) => Math.floor(index * step));
  const asGiven = places.map((place) => profile[given[place]!]!);
  const asOther = places.map((place) => profile[other[place]!]!);
  return rows.filter(({ values }) => {
    const own = places.map((place) => values[given[place]!]!);
    return rankCorrelation(own, asOther) > likeness && rankCorrelation(own, asGiven) < likeness;
  });
}

/** Columns of the features in the order of these names; names of no feature do not count. */
function ordered(names: readonly string[], features: readonly string[]): readonly number[] {
  const at = new Map(features.map((name, column) => [name, column]));
  return names.flatMap((name) => at.get(name) ?? []);
}

/** The median of each feature's known values. */
const profileOf = (features: readonly string[], rows: readonly CheckedRow[]): Float32Array =>
  Float32Array.from(features, (_, column) => {
    const known = rows
      .map(({ values }) => values[column]!)
      .filter((value) => !Number.isNaN(value))
      .sort((a, b) => a - b);
    return known[known.length >> 1] ?? Number.NaN;
  });

/** Spearman's correlation over the places where both are known; 0 where too few are, or one does not vary. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const both = a.flatMap((value, at) => (Number.isNaN(value) || Number.isNaN(b[at]!) ? [] : [at]));
  if (both.length < fewestFeatures) return 0;
  const x = ranks(both.map((at) => a[at]!));
  const y = ranks(both.map((at) => b[at]!));
  const centre = (both.length - 1) / 2;
  const product = (one: readonly number[], other: readonly number[]): number =>
    one.reduce((sum, rank, at) => sum + (rank - centre) * (other[at]! - centre), 0);
  const size = Math.sqrt(product(x, x) * product(y, y));
  return size > 0 ? product(x, y) / size : 0;
}

/** Ranks from 0; equal values share the mean of theirs. */
function ranks(values: readonly number[]): readonly number[] {
  const order = values.map((_, at) => at).sort((a, b) => values[a]! - values[b]!);
  const found = new Array<number>(values.length).fill(0);
  for (let begin = 0; begin < order.length; ) {
    let end = begin + 1;
    while (end < order.length && values[order[end]!] === values[order[begin]!]) end += 1;
    for (let place = begin; place < end; place++) found[order[place]!] = (begin + end - 1) / 2;
    begin = end;
  }
  return found;
}
