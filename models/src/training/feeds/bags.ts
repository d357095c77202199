import { tf } from '../../backend/index.js';
import { permutation, type Random, stream } from '../../layers/index.js';
import { type Bags, runLength, type Samples } from '../../samples/index.js';
import type { Feed } from './feed.js';

/** Bags of vectors on the device, filled up to the largest of them. */
export interface PaddedBags {
  /** [bags, most, width]; 0 where a bag has ended. */
  readonly cells: tf.Tensor3D;
  /** [bags, most]: 1 where there is a vector, else 0. */
  readonly present: tf.Tensor2D;
}

export interface BagsFeedOptions {
  /** No bag is longer than this: of a larger one so many vectors are drawn. */
  readonly limit: number;
  /** While training each bag is a random share of its vectors, from this one to all; 1 leaves it whole. */
  readonly share: number;
}

/**
 * Bags as padded batches, the vectors of each in random order. What is drawn follows from the step's seed and the bag's row, so it does not
 * depend on the other bags of the batch.
 */
export function bagsFeed(samples: Samples, { limit, share }: BagsFeedOptions): Feed<PaddedBags> {
  const input = asBags(samples);
  return {
    take: (rows, { training, seed }) => {
      const lists = Array.from(rows, (row) => {
        const random = stream(seed, 'bag', row);
        const all = runLength(input.starts, row);
        const wanted = training ? Math.ceil(all * (share + (1 - share) * random.uniform())) : all;
        return drawVectors(input, row, Math.min(limit, wanted), random);
      });
      return padBags(input, lists);
    },
    dispose: () => {},
  };
}

/** Bags of vectors; a fault of the program where the samples are something else. */
export function asBags(input: Samples): Bags {
  if (input.kind !== 'bags') throw new TypeError(`${input.kind} where bags were expected`);
  return input;
}

/** So many vectors of a bag in random order, by their numbers in the input; all of them where it has no more. */
export const drawVectors = ({ starts }: Bags, row: number, count: number, random: Random): Int32Array =>
  permutation(runLength(starts, row), random)
    .subarray(0, count)
    .map((index) => (starts[row] ?? 0) + index);

/** Brings vectors to the device, one list of their numbers a bag. Call it within `tf.tidy`. */
export function padBags({ width, values }: Bags, lists: readonly Int32Array[]): PaddedBags {
  const most = lists.reduce((longest, { length }) => Math.max(longest, length), 1);
  const cells = new Float32Array(lists.length * most * width);
  const present = new Float32Array(lists.length * most);
  lists.forEach((list, bag) => {
    list.forEach((vector, index) => {
      const place = bag * most + index;
      cells.set(values.subarray(vector * width, (vector + 1) * width), place * width);
      present[place] = 1;
    });
  });
  return {
    cells: tf.tensor3d(cells, [lists.length, most, width]),
    present: tf.tensor2d(present, [lists.length, most]),
  };
}
