import { permutation, type Random } from '../layers/index.js';

/** Rows of numbers, one a gene (an embedding table), row-major [rows, width]. */
export interface Embedding {
  readonly rows: number;
  readonly width: number;
  readonly values: Float32Array;
}

export type Closeness = 'euclidean' | 'cosine';

/**
 * The k nearest other rows of each row, nearest first, row-major [rows, k]; of equally near ones the earlier first. A row of zeros is as far
 * from every row as one at a right angle.
 */
export function neighboursOf(embedding: Embedding, k: number, closeness: Closeness = 'euclidean'): Int32Array {
  const { rows } = embedding;
  if (!(k >= 1 && k < rows)) throw new RangeError(`${k} neighbours among ${rows} rows`);
  const neighbours = new Int32Array(rows * k);
  const distances = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    for (let other = 0; other < rows; other++) distances[other] = distance(embedding, row, other, closeness);
    const others = Array.from({ length: rows }, (_, other) => other).filter((other) => other !== row);
    others.sort((a, b) => distances[a]! - distances[b]! || a - b);
    neighbours.set(others.slice(0, k), row * k);
  }
  return neighbours;
}

function distance({ width, values }: Embedding, first: number, second: number, closeness: Closeness): number {
  const a = values.subarray(first * width, (first + 1) * width);
  const b = values.subarray(second * width, (second + 1) * width);
  let product = 0;
  let lengthA = 0;
  let lengthB = 0;
  let apart = 0;
  for (let column = 0; column < width; column++) {
    const [x, y] = [a[column]!, b[column]!];
    product += x * y;
    lengthA += x * x;
    lengthB += y * y;
    apart += (x - y) ** 2;
  }
  if (closeness === 'euclidean') return apart;
  return lengthA * lengthB === 0 ? 1 : 1 - product / Math.sqrt(lengthA * lengthB);
}

export interface OverlapOptions {
  /** Two embeddings of the same genes: of two seeds, folds or stages. */
  readonly first: Embedding;
  readonly second: Embedding;
  readonly k: number;
  readonly closeness?: Closeness;
  readonly permutations?: number;
  readonly random: Random;
}

export interface NeighbourOverlap {
  /** Share of a row's k neighbours that both embeddings name, mean over the rows. */
  readonly overlap: number;
  /** The same under random pairings of the rows. */
  readonly byChance: number;
  /** How often a random pairing overlaps as much, `(1 + times) / (1 + permutations)` (Phipson & Smyth 2010): never 0. */
  readonly p: number;
}

/** Whether two embeddings have the same genes for neighbours more than by chance: rows of the second are permuted against the first. */
export function neighbourOverlap({
  first,
  second,
  k,
  closeness = 'euclidean',
  permutations = 1000,
  random,
}: OverlapOptions): NeighbourOverlap {
  const { rows } = first;
  if (second.rows !== rows) throw new RangeError(`${rows} and ${second.rows} rows`);
  const here = neighboursOf(first, k, closeness);
  const there = neighboursOf(second, k, closeness);
  const overlap = sharedShare(here, there, k, null);
  let asMuch = 0;
  let sum = 0;
  for (let time = 0; time < permutations; time++) {
    const drawn = sharedShare(here, there, k, permutation(rows, random));
    sum += drawn;
    if (drawn >= overlap) asMuch += 1;
  }
  return { overlap, byChance: sum / permutations, p: (1 + asMuch) / (1 + permutations) };
}

/** Row r of `here` against row `names[r]` of `there`, whose neighbours are renamed alike. */
function sharedShare(here: Int32Array, there: Int32Array, k: number, names: Int32Array | null): number {
  const rows = here.length / k;
  let shared = 0;
  for (let row = 0; row < rows; row++) {
    const own = new Set(here.subarray(row * k, (row + 1) * k).map((neighbour) => names?.[neighbour] ?? neighbour));
    const paired = names?.[row] ?? row;
    for (const neighbour of there.subarray(paired * k, (paired + 1) * k)) if (own.has(neighbour)) shared += 1;
  }
  return shared / here.length;
}
