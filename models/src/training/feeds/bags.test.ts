import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../../backend/index.js';
import { inference } from '../../layers/index.js';
import { startsOf } from '../../samples/index.js';
import { bagsFeed } from './index.js';

const lengths = [3, 1, 20];
const starts = startsOf(lengths);
/** Vector n is [n, −n]. */
const input = {
  ...({ kind: 'bags', rows: 3, width: 2, starts } as const),
  values: Float32Array.from({ length: 48 }, (_, index) => (index % 2 === 0 ? index / 2 : -(index - 1) / 2)),
};

/** Numbers of the vectors that each bag was brought with, in ascending order. */
function taken(rows: readonly number[], { limit = 100, share = 1, mode = inference } = {}): readonly number[][] {
  return tf.tidy(() => {
    const { cells, present } = bagsFeed(input, { limit, share }).take(Int32Array.from(rows), mode);
    const values = cells.arraySync();
    return present.arraySync().map((bag, index) => {
      bag.forEach((there, at) => {
        if (there === 0) expect(values[index]![at]).toEqual([0, 0]);
        else expect(values[index]![at]![1]).toBeCloseTo(-values[index]![at]![0]!, 6);
      });
      return bag.flatMap((there, at) => (there === 1 ? [values[index]![at]![0]!] : [])).sort((a, b) => a - b);
    });
  });
}

const count = (from: number, length: number) => Array.from({ length }, (_, index) => from + index);
const training = (seed: number) => ({ mode: { training: true, seed } });

describe('bagsFeed', () => {
  beforeAll(() => useBackend('cpu'));

  it('fills bags up to the largest of the batch', () => {
    expect(taken([1, 0])).toEqual([[3], [0, 1, 2]]);
    expect(taken([2])).toEqual([count(4, 20)]);
  });

  it('draws from a bag that is larger than the limit, always the same outside training', () => {
    const [drawn = []] = taken([2], { limit: 5 });
    expect(new Set(drawn).size).toBe(5);
    expect(drawn.every((vector) => vector >= 4 && vector < 24)).toBe(true);
    expect(taken([0, 2], { limit: 5 })[1]).toEqual(drawn);
  });

  it('shows a share of each bag while training, another at each step, whatever the other bags', () => {
    for (let seed = 0; seed < 10; seed++) {
      const [few = [], one = []] = taken([2, 1], { share: 0.5, ...training(seed) });
      expect(few.length).toBeGreaterThanOrEqual(10);
      expect(one).toEqual([3]);
      expect(taken([2], { share: 0.5, ...training(seed) })[0]).toEqual(few);
    }
    expect(taken([2], { share: 0.5, ...training(1) })).not.toEqual(taken([2], { share: 0.5, ...training(2) }));
  });

  it('reads nothing but bags, and leaves no tensor behind', () => {
    const before = tf.memory().numTensors;
    bagsFeed(input, { limit: 1, share: 1 }).dispose();
    expect(tf.memory().numTensors).toBe(before);
    const rows = { kind: 'rows', rows: 1, width: 1, values: new Float32Array(1) } as const;
    expect(() => bagsFeed(rows, { limit: 1, share: 1 })).toThrow(TypeError);
  });
});
