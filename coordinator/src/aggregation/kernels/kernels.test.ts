import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import wabt from 'wabt';
import { bestKernel, type Kernel, kernels, nearSquares } from './index.js';
import { blockElements } from './kernel.js';
import { kernelsModule } from './kernels-module.js';
import { middleOf, networkOf } from './sorting.js';

const wasm = kernels.wasm();
const js = kernels.js();
const both = [wasm, js].map((kernel) => [kernel.name, kernel] as const);

const maxFloat = 3.4028234663852886e38;
const edge = fc.constantFrom(0, -0, 1e-45, -1e-45, 1.1754942e-38, maxFloat, -maxFloat, 1, -1);
const finite = fc.oneof({ weight: 4, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }) }, edge);
/** Lengths around the vector width and around the block size; values repeat a random pattern. */
const lengths = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: blockElements - 9, max: blockElements + 9 }),
);
const vectors = (count: number) =>
  fc
    .tuple(lengths, fc.array(fc.array(finite, { minLength: 1, maxLength: 37 }), { minLength: count, maxLength: count }))
    .map(([length, patterns]) =>
      patterns.map((pattern) => Float32Array.from({ length }, (_, index) => pattern[index % pattern.length] ?? 0)),
    );

function weightedSum(kernel: Kernel, inputs: readonly Float32Array[], weights: readonly number[]): Float32Array {
  const length = inputs[0]?.length ?? 0;
  const sums = kernel.accumulator(length);
  sums.clear();
  for (const [index, input] of inputs.entries()) sums.add(input, weights[index] ?? 0);
  const result = new Float32Array(length);
  sums.store(result);
  return result;
}

const bits = (values: Float32Array | Float64Array) => Buffer.from(values.buffer).toString('hex');

describe('kernels', () => {
  it('embed the module that kernels.wat assembles to', async () => {
    const source = await readFile(new URL('kernels.wat', import.meta.url), 'utf8');
    const { parseWat } = await wabt();
    const { buffer } = parseWat('kernels.wat', source, { simd: true }).toBinary({});
    expect(kernelsModule, 'run assemble.mjs').toBe(Buffer.from(buffer).toString('base64'));
  });

  it('take WebAssembly where it loads', () => {
    expect(bestKernel().name).toBe('wasm');
    expect(bestKernel()).toBe(bestKernel());
  });

  it('give the same bits for weighted sums', () => {
    const weights = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(vectors(3), weights, (inputs, shares) => {
        expect(bits(weightedSum(wasm, inputs, shares))).toBe(bits(weightedSum(js, inputs, shares)));
      }),
      { numRuns: 300 },
    );
  });

  it('give the same bits for squares of differences', () => {
    fc.assert(
      fc.property(vectors(2), ([update, base]) => {
        for (const squares of ['differenceSquares', 'roughSquares'] as const) {
          const found = [wasm, js].map((kernel) => kernel[squares](update!, base!));
          expect(bits(Float64Array.of(found[0]!))).toBe(bits(Float64Array.of(found[1]!)));
        }
      }),
      { numRuns: 300 },
    );
  });
});

const bitsOf = (rows: readonly Float32Array[]) => rows.map((row) => bits(row.slice()));

describe('sorting networks', () => {
  it('sort any values, up to 64 rows', () => {
    for (let rows = 1; rows <= 64; rows++) {
      const network = networkOf(rows, [...Array(rows).keys()]);
      for (let seed = 1; seed <= 40; seed++) {
        // Of zeros and ones: what sorts them all sorts anything (Knuth 1998, 5.3.4).
        const values = Array.from(
          { length: rows },
          (_, row) => (Math.imul(seed * 7919 + row, 2_654_435_761) >>> 13) & 1,
        );
        const sorted = values.toSorted((a, b) => a - b);
        for (const [low, high] of network) {
          if (values[high]! < values[low]!) [values[low], values[high]] = [values[high]!, values[low]!];
        }
        expect(values).toEqual(sorted);
      }
    }
  });

  it('leave out what no wanted rank depends on', () => {
    expect(networkOf(10, [4, 5]).length).toBeLessThan(networkOf(10, [...Array(10).keys()]).length);
    expect(networkOf(1, [0])).toEqual([]);
    expect(networkOf(8, [])).toEqual([]);
  });

  it('give the same bits by both kernels, and every column in order', () => {
    const given = fc.oneof(fc.integer({ min: 1, max: 13 }), fc.constantFrom(32, 33, 40)).chain((rows) => vectors(rows));
    fc.assert(
      fc.property(given, (rows) => {
        const ranks = [...rows.keys()];
        const seen = [wasm, js].map((kernel) => {
          const found: string[] = [];
          kernel.sorter(rows.length, ranks).sort(rows, (ranked, begin, end) => {
            found.push(...bitsOf(ranked.map((row) => row.subarray(0, end - begin))));
            const inOrder = ranked
              .slice(1)
              .every((row, rank) => row.subarray(0, end - begin).every((value, at) => value >= ranked[rank]![at]!));
            expect(inOrder).toBe(true);
            for (const at of [0, end - begin - 1]) {
              // 0 is added as −0 and 0 are in no order.
              const column = ranked.map((row) => row[at]! + 0);
              expect(column).toEqual(rows.map((row) => row[begin + at]! + 0).toSorted((a, b) => a - b));
            }
          });
          const median = new Float32Array(rows[0]!.length);
          kernel.sorter(rows.length, middleOf(rows.length)).median(rows, median);
          return [...found, bits(median)];
        });
        expect(seen[0]).toEqual(seen[1]);
      }),
      { numRuns: 25 },
    );
  });

  it('refuse rows that do not go together', () => {
    for (const kernel of [wasm, js]) {
      const sorter = kernel.sorter(2, [0]);
      expect(() => sorter.sort([new Float32Array(3)], () => {})).toThrow(RangeError);
      expect(() => sorter.sort([new Float32Array(3), new Float32Array(4)], () => {})).toThrow(RangeError);
    }
  });
});

describe.each(both)('%s kernel', (_, kernel) => {
  it('adds in float64 what a naive sum gives', () => {
    const inputs = [Float32Array.of(1, 2, 16777216), Float32Array.of(3, -2, 1), Float32Array.of(0, 4, -16777216)];
    expect([...weightedSum(kernel, inputs, [0.25, 0.5, 0.25])]).toEqual([1.75, 0.5, 0.5]);
  });

  it('leaves a single update with weight 1 as it is, −0 too', () => {
    const input = Float32Array.of(-0, 0, 1e-45, -1e-45, maxFloat, -maxFloat, 0.1, 7, -0);
    expect(bits(weightedSum(kernel, [input], [1]))).toBe(bits(input));
  });

  it('forgets earlier sums when cleared', () => {
    const sums = kernel.accumulator(3);
    sums.clear();
    sums.add(Float32Array.of(5, 5, 5), 1);
    sums.clear();
    sums.add(Float32Array.of(1, 2), 2);
    const result = new Float32Array(3);
    sums.store(result);
    expect(result).toEqual(Float32Array.of(2, 4, -0));
  });

  it('never looks again at what it says that it is done with, and is done with nearly all', () => {
    const inputs = [[1], [2, 3, 4], [5, 6, 7], [8, 9, 10], [11, 12, 13], [14, 15]].map((one) => Float32Array.from(one));
    const sums = kernel.accumulator(3);
    sums.clear();
    const done = new Set<Float32Array>();
    for (const input of inputs) {
      for (const one of sums.add(input, 2)) done.add(one.fill(Number.NaN));
    }
    expect(inputs.length - done.size).toBeLessThanOrEqual(1);
    const result = new Float32Array(3);
    sums.store(result);
    expect(result).toEqual(Float32Array.of(82, 90, 68));
  });

  it('adds the same however many wait to be added, and whatever their lengths', () => {
    const inputs = [[1], [2, 3, 4], [5, 6, 7], [8, 9, 10], [11, 12]].map((values) => Float32Array.from(values));
    const sums = kernel.accumulator(3);
    sums.clear();
    const seen = inputs.map((input) => {
      sums.add(input, 2);
      return [...sums.sums.subarray(0, 3)];
    });
    expect(seen).toEqual([
      [2, -0, -0],
      [6, 6, 8],
      [16, 18, 22],
      [32, 36, 42],
      [54, 60, 42],
    ]);
    const result = new Float32Array(3);
    sums.clear();
    for (const input of inputs) sums.add(input, 2);
    sums.store(result);
    expect([...result]).toEqual([54, 60, 42]);
  });

  it('has squares of differences as a naive sum has them', () => {
    expect(kernel.differenceSquares(Float32Array.of(1, 2, 3), Float32Array.of(0, 4, 3))).toBe(5);
    expect(kernel.differenceSquares(new Float32Array(0), new Float32Array(0))).toBe(0);
    const long = new Float32Array(3 * blockElements + 5).fill(2);
    expect(kernel.differenceSquares(long, new Float32Array(long.length))).toBe(4 * long.length);
  });

  it('measures distances to within a millionth, those beyond float32 as well', () => {
    fc.assert(
      fc.property(vectors(2), fc.constantFrom(1, 1e-30, 1e-22, 1e-12, 1e18), ([update, base], scale) => {
        const [one, two] = [update!, base!].map((values) => values.map((value) => value * scale));
        const exact = kernel.differenceSquares(one!, two!);
        if (exact < Infinity)
          expect(Math.abs(nearSquares(kernel, one!, two!) - exact)).toBeLessThanOrEqual(1e-6 * exact);
      }),
      { numRuns: 200 },
    );
  });

  it.each(['exact', 'near'])('gives a finite sum of squares exactly when every value is finite: %s', (how) => {
    const squares = how === 'exact' ? kernel.differenceSquares : nearSquares.bind(null, kernel);
    const length = 2 * blockElements + 11;
    const huge = new Float32Array(length).fill(maxFloat);
    expect(squares(huge, new Float32Array(length).fill(-maxFloat))).toBeLessThan(Infinity);
    for (const bad of [NaN, Infinity, -Infinity]) {
      for (const at of [0, 7, blockElements - 1, blockElements, length - 1]) {
        const update = new Float32Array(length);
        update[at] = bad;
        expect(Number.isFinite(squares(update, new Float32Array(length)))).toBe(false);
        expect(Number.isFinite(squares(new Float32Array(length), update))).toBe(false);
      }
    }
  });

  it('refuses values that do not go together', () => {
    const sums = kernel.accumulator(3);
    expect(() => sums.add(new Float32Array(4), 1)).toThrow(RangeError);
    expect(() => sums.store(new Float32Array(4))).toThrow(RangeError);
    expect(() => kernel.differenceSquares(new Float32Array(4), new Float32Array(3))).toThrow(RangeError);
    expect(() => kernel.roughSquares(new Float32Array(4), new Float32Array(3))).toThrow(RangeError);
  });
});
