import { describe, expect, it } from 'vitest';
import { stream } from '../layers/index.js';
import { type Embedding, neighbourOverlap, neighboursOf } from './index.js';

const embedding = (rows: readonly (readonly number[])[]): Embedding => ({
  rows: rows.length,
  width: rows[0]?.length ?? 0,
  values: Float32Array.from(rows.flat()),
});
const random = stream(11);
const genes = embedding(Array.from({ length: 60 }, () => Array.from({ length: 4 }, () => random.normal())));

describe('neighboursOf', () => {
  it('names the nearest others, nearest first, the earlier of equal ones', () => {
    const line = embedding([[0], [1], [3], [3]]);
    expect([...neighboursOf(line, 2)]).toEqual([1, 2, 0, 2, 3, 1, 2, 1]);
  });

  it('goes by direction alone where cosine is asked for', () => {
    const plane = embedding([
      [1, 0],
      [0, 1],
      [9, 1],
      [0, 0],
    ]);
    expect([...neighboursOf(plane, 1, 'cosine')]).toEqual([2, 2, 0, 0]);
    expect(neighboursOf(plane, 1)[0]).toBe(3);
  });

  it('refuses more neighbours than there are', () => {
    expect(() => neighboursOf(genes, 60)).toThrow(RangeError);
    expect(() => neighboursOf(genes, 0)).toThrow(RangeError);
  });
});

describe('neighbourOverlap', () => {
  it('is whole, and beyond chance, for the same neighbourhoods turned and moved', () => {
    const turned = embedding(
      Array.from({ length: 60 }, (_, row) =>
        [...genes.values.subarray(4 * row, 4 * row + 4)].reverse().map((part) => 3 - part),
      ),
    );
    const result = neighbourOverlap({ first: genes, second: turned, k: 5, permutations: 99, random: stream(1) });
    expect(result.overlap).toBe(1);
    expect(result.p).toBe(0.01);
    // k of the 59 others are named by chance.
    expect(result.byChance).toBeCloseTo(5 / 59, 1);
  });

  it('is that of chance for embeddings that have nothing to do with each other', () => {
    const other = stream(12);
    const second = embedding(Array.from({ length: 60 }, () => Array.from({ length: 4 }, () => other.normal())));
    const { overlap, byChance, p } = neighbourOverlap({
      first: genes,
      second,
      k: 5,
      permutations: 200,
      random: stream(1),
    });
    expect(Math.abs(overlap - byChance)).toBeLessThan(0.05);
    expect(p).toBeGreaterThan(0.01);
    expect(() => neighbourOverlap({ first: genes, second: embedding([[1], [2]]), k: 1, random: stream(1) })).toThrow(
      RangeError,
    );
  });
});
