import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { philoxBlock, philoxStart, philoxUniform } from './philox.js';

const block = (counter: readonly [number, number, number, number], key: readonly [number, number]) => {
  const words = new Int32Array(4);
  philoxBlock(words, ...counter, ...key);
  return [...words].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join(' ');
};

describe('philox', () => {
  // The known answers that the authors publish with Random123 (kat_vectors, philox4x32 10).
  it.each([
    { counter: [0, 0, 0, 0], key: [0, 0], words: '6627e8d5 e169c58d bc57ac4c 9b00dbd8' },
    {
      counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      key: [0xffffffff, 0xffffffff],
      words: '408f276d 41c83b0e a20bc7c6 6d5451fd',
    },
    {
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      key: [0xa4093822, 0x299f31d0],
      words: 'd16cfe09 94fdcceb 5001e420 24126ea1',
    },
  ] as const)('gives the published words for counter $counter', ({ counter, key, words }) => {
    expect(block(counter, key)).toBe(words);
  });

  it('multiplies as 64-bit integers do', () => {
    const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(word, word, word, word, word, word, (a, b, c, d, k, l) => {
        expect(block([a, b, c, d], [k, l])).toBe(reference([a, b, c, d], [k, l]));
      }),
    );
  });

  it('draws the numbers of TensorFlow 2.21 for the same pair of seeds', () => {
    expect([...philoxUniform(4, [5, 9])]).toEqual([
      0.7294387817382812, 0.4567422866821289, 0.16020727157592773, 0.5912104845046997,
    ]);
    expect([...philoxUniform(1_000_003, [2 ** 31 - 1, 123_456_789]).subarray(0, 3)]).toEqual([
      0.8406635522842407, 0.8828834295272827, 0.0011768341064453125,
    ]);
  });

  it('draws a shorter row as the start of a longer one', () => {
    expect(philoxUniform(6, [1, 2])).toEqual(philoxUniform(11, [1, 2]).subarray(0, 6));
  });

  it('is uniform', () => {
    const values = philoxUniform(100_000, [3, 4]);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(mean).toBeCloseTo(1 / 2, 2);
    expect(variance).toBeCloseTo(1 / 12, 2);
    expect(Math.max(...values.subarray(0, 1000))).toBeLessThan(1);
  });

  it.each([
    [-1, 0],
    [0, 2 ** 31],
    [0.5, 0],
    [Number.NaN, 0],
  ] as const)('refuses the seeds %d, %d', (a, b) => {
    expect(() => philoxStart([a, b])).toThrow(RangeError);
  });
});

/** Philox in big integers. */
function reference(counter: readonly number[], key: readonly number[]): string {
  const low = 0xffffffffn;
  let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const first = 0xd2511f53n * c0;
    const second = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [(second >> 32n) ^ c1 ^ k0, second & low, (first >> 32n) ^ c3 ^ k1, first & low];
    k0 = (k0 + 0x9e3779b9n) & low;
    k1 = (k1 + 0xbb67ae85n) & low;
  }
  return [c0, c1, c2, c3].map((word) => word.toString(16).padStart(8, '0')).join(' ');
}
