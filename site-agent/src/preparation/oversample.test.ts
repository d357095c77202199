import { stream } from '@consilium/models/layers';
import { asRows, type LabelledSamples, labelled } from '@consilium/models/samples';
import type { Oversampling } from '@consilium/shared/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearestRows, oversample, pointBetween } from './oversample.js';
import fixture from './smote.fixture.json' with { type: 'json' };

const smote: Oversampling = { method: 'smote', neighbours: 5 };
const duplicate: Oversampling = { method: 'duplicate', neighbours: 5 };

function samplesOf(rows: readonly (readonly number[])[], y: readonly number[]): LabelledSamples {
  const values = Float32Array.from(rows.flat());
  return labelled({ kind: 'rows', rows: rows.length, width: rows[0]?.length ?? 0, values }, Int32Array.from(y));
}

function rowsOf({ rows, input }: LabelledSamples): readonly (readonly number[])[] {
  const { width, values } = asRows(input);
  return Array.from({ length: rows }, (_, row) => [...values.subarray(row * width, (row + 1) * width)]);
}

const countsOf = (y: Int32Array): readonly number[] => {
  const counts: number[] = [];
  for (const label of y) if (label >= 0) counts[label] = (counts[label] ?? 0) + 1;
  return [...counts].map((count) => count ?? 0);
};

describe('SMOTE on the worked example', () => {
  const { minority, k, neighbours, draws, counts } = fixture;
  const rows = { values: Float32Array.from(minority.flat()), width: 2 };

  it('finds the neighbours, of equally near ones the earlier first', () => {
    expect(minority.map((_, row) => nearestRows(rows, row, k))).toEqual(neighbours);
  });

  it('makes the points of the draws', () => {
    for (const { base, neighbourRank, neighbour, lambda_: share, sample } of draws) {
      const to = nearestRows(rows, base, k)[neighbourRank]!;
      expect(to).toBe(neighbour);
      const point = new Float32Array(2);
      pointBetween(rows, { from: base, to, share }, point);
      expect(point[0]).toBeCloseTo(sample[0]!, 6);
      expect(point[1]).toBeCloseTo(sample[1]!, 6);
    }
  });

  it('brings the smaller class to the size of the larger', () => {
    const y = counts.before.flatMap((count, label) => Array<number>(count).fill(label));
    const grown = oversample(
      samplesOf(
        y.map((label, row) => [label, row % 7]),
        y,
      ),
      smote,
      stream(7),
    );
    expect(countsOf(grown.y)).toEqual(counts.fullyBalanced);
  });
});

const cohort = fc
  .array(
    fc.record({
      label: fc.integer({ min: -1, max: 3 }),
      row: fc.tuple(fc.integer({ min: -9, max: 9 }), fc.float({ min: -9, max: 9, noNaN: true })),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((rows) =>
    samplesOf(
      rows.map(({ row }) => row),
      rows.map(({ label }) => label),
    ),
  );

describe.each([smote, duplicate])('oversampling by $method', (how) => {
  it('keeps the samples, and balances the classes that can be', () => {
    fc.assert(
      fc.property(cohort, fc.nat(), (samples, seed) => {
        const grown = oversample(samples, how, stream(seed));
        expect(rowsOf(grown).slice(0, samples.rows)).toEqual(rowsOf(samples));
        expect(grown.y.subarray(0, samples.rows)).toEqual(samples.y);
        const before = countsOf(samples.y);
        const most = Math.max(0, ...before);
        const alone = how.method === 'smote' ? 1 : 0;
        expect(countsOf(grown.y)).toEqual(before.map((count) => (count > alone ? most : count)));
      }),
    );
  });

  it('invents nothing outside its class’s samples, under the patient of one of them', () => {
    fc.assert(
      fc.property(cohort, fc.nat(), (samples, seed) => {
        const grown = oversample(samples, how, stream(seed));
        const given = rowsOf(samples);
        for (const [row, values] of rowsOf(grown).entries()) {
          if (row < samples.rows) continue;
          const base = grown.patients[row]!;
          expect(grown.y[row]).toBe(samples.y[base]);
          const own = given.filter((_, other) => samples.y[other] === samples.y[base]);
          const boxed = own.some((other) =>
            values.every((value, column) => {
              const [a, b] = [given[base]![column]!, other[column]!];
              return value >= Math.min(a, b) && value <= Math.max(a, b);
            }),
          );
          expect(boxed).toBe(true);
          if (how.method === 'duplicate') expect(values).toEqual(given[base]);
        }
      }),
    );
  });

  it('gives the same for a seed, and another for another', () => {
    const samples = samplesOf(
      Array.from({ length: 20 }, (_, row) => [row, row * row]),
      Array.from({ length: 20 }, (_, row) => (row < 14 ? 0 : 1)),
    );
    const once = oversample(samples, how, stream(3));
    expect(oversample(samples, how, stream(3))).toEqual(once);
    expect(oversample(samples, how, stream(4))).not.toEqual(once);
  });

  it('takes every sample of a class equally often, to one', () => {
    const samples = samplesOf(
      Array.from({ length: 12 }, (_, row) => [row]),
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1],
    );
    const bases = [...oversample(samples, how, stream(1)).patients.subarray(12)].toSorted((a, b) => a - b);
    expect(bases).toEqual([9, 9, 10, 10, 11, 11]);
  });

  it('leaves balanced classes and no samples as they are', () => {
    const even = samplesOf([[1], [2], [3], [4]], [0, 1, 0, 1]);
    expect(oversample(even, how, stream(1))).toBe(even);
    const none = samplesOf([], []);
    expect(oversample(none, how, stream(1))).toBe(none);
  });
});

describe('SMOTE', () => {
  it('leaves a class of one sample alone, and chooses from those there are in a small one', () => {
    const samples = samplesOf([[0], [1], [2], [3], [10], [20], [21]], [0, 0, 0, 0, 1, 2, 2]);
    const grown = oversample(samples, smote, stream(5));
    expect(countsOf(grown.y)).toEqual([4, 1, 4]);
    for (const [value] of rowsOf(grown).slice(7)) expect(value! >= 20 && value! <= 21).toBe(true);
  });

  it('stays among the nearest neighbours', () => {
    const samples = samplesOf([[0], [0], [0], [0], [0], [0], [5], [6], [100]], [0, 0, 0, 0, 0, 0, 1, 1, 1]);
    const grown = oversample(samples, { method: 'smote', neighbours: 1 }, stream(2));
    const made = rowsOf(grown).slice(9);
    for (const [index, [value]] of made.entries()) {
      const isFar = grown.patients[9 + index] === 8;
      expect(value! >= (isFar ? 6 : 5) && value! <= (isFar ? 100 : 6)).toBe(true);
    }
  });

  it('takes sparse rows, and gives full ones', () => {
    const sparse = labelled(
      {
        kind: 'sparse',
        rows: 5,
        width: 3,
        starts: Int32Array.of(0, 1, 1, 2, 3, 4),
        columns: Int32Array.of(0, 1, 2, 2),
        values: Float32Array.of(4, 5, 6, 8),
      },
      Int32Array.of(0, 0, 0, 1, 1),
    );
    const grown = oversample(sparse, smote, stream(1));
    expect(grown.input.kind).toBe('rows');
    expect(rowsOf(grown).slice(0, 3)).toEqual([
      [4, 0, 0],
      [0, 0, 0],
      [0, 5, 0],
    ]);
    expect(rowsOf(grown)[5]![2]).toBeGreaterThanOrEqual(6);
  });
});

describe('duplication', () => {
  it('takes images as they are', () => {
    const pixels = Uint8Array.from({ length: 3 * 12 }, (_, at) => at);
    const samples = labelled({ kind: 'images', rows: 3, side: 2, pixels }, Int32Array.of(0, 0, 1));
    const { input, y } = oversample(samples, duplicate, stream(1));
    expect([...y]).toEqual([0, 0, 1, 1]);
    expect(input.kind === 'images' && input.pixels.subarray(36)).toEqual(pixels.subarray(24));
  });
});
