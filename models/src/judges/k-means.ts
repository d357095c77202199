import type { Random } from '../layers/index.js';
import { rowOf, squaredDistance, type Vectors } from './vectors.js';

export interface KMeansOptions {
  readonly vectors: Vectors;
  readonly k: number;
  readonly random: Random;
  /** Starts, of which the best is kept. */
  readonly starts?: number;
  readonly maxIterations?: number;
}

export interface Clustering {
  /** Group of each row, 0 … k−1. */
  readonly labels: Int32Array;
  /** Sum of squared distances to the centres. */
  readonly inertia: number;
}

/** k-means by Lloyd's algorithm from k-means++ starts (Arthur & Vassilvitskii 2007). Of equally near centres the earlier one is taken. */
export function kMeans({ vectors, k, random, starts = 10, maxIterations = 300 }: KMeansOptions): Clustering {
  if (!(k >= 1 && k <= vectors.rows)) throw new RangeError(`${k} groups of ${vectors.rows} rows`);
  let best: Clustering | null = null;
  for (let start = 0; start < starts; start++) {
    const clustering = settle(vectors, spreadCentres(vectors, k, random), maxIterations);
    if (best === null || clustering.inertia < best.inertia) best = clustering;
  }
  return best ?? { labels: new Int32Array(vectors.rows), inertia: Number.NaN };
}

/** Each next centre a row, drawn with a chance that goes with its squared distance to the centres so far. */
function spreadCentres(vectors: Vectors, k: number, random: Random): readonly Float64Array[] {
  const centres = [Float64Array.from(rowOf(vectors, random.integer(vectors.rows)))];
  const distances = new Float64Array(vectors.rows).fill(Number.POSITIVE_INFINITY);
  while (centres.length < k) {
    const newest = centres[centres.length - 1]!;
    let total = 0;
    for (let row = 0; row < vectors.rows; row++) {
      distances[row] = Math.min(distances[row]!, squaredDistance(rowOf(vectors, row), newest));
      total += distances[row]!;
    }
    let left = random.uniform() * total;
    let drawn = 0;
    for (let row = 0; row < vectors.rows; row++) {
      if (distances[row] === 0) continue;
      drawn = row;
      left -= distances[row]!;
      if (left < 0) break;
    }
    centres.push(Float64Array.from(rowOf(vectors, drawn)));
  }
  return centres;
}

function settle(vectors: Vectors, start: readonly Float64Array[], maxIterations: number): Clustering {
  const centres = start.map((centre) => centre.slice());
  const labels = new Int32Array(vectors.rows).fill(-1);
  for (let iteration = 0; ; iteration++) {
    let moved = false;
    let inertia = 0;
    for (let row = 0; row < vectors.rows; row++) {
      const vector = rowOf(vectors, row);
      let nearest = 0;
      let least = Number.POSITIVE_INFINITY;
      centres.forEach((centre, index) => {
        const distance = squaredDistance(vector, centre);
        if (distance < least) {
          least = distance;
          nearest = index;
        }
      });
      moved ||= labels[row] !== nearest;
      labels[row] = nearest;
      inertia += least;
    }
    if (!moved || iteration === maxIterations) return { labels, inertia };
    takeMeans(vectors, labels, centres);
  }
}

/** Moves each centre to the mean of its rows; one without rows stays where it is. */
function takeMeans(vectors: Vectors, labels: Int32Array, centres: readonly Float64Array[]): void {
  const sizes = new Int32Array(centres.length);
  for (const label of labels) sizes[label]! += 1;
  centres.forEach((centre, index) => {
    if (sizes[index]! > 0) centre.fill(0);
  });
  for (let row = 0; row < vectors.rows; row++) {
    const label = labels[row]!;
    const centre = centres[label]!;
    const vector = rowOf(vectors, row);
    for (let column = 0; column < vector.length; column++) centre[column]! += vector[column]! / sizes[label]!;
  }
}
