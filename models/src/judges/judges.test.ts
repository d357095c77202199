import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stream } from '../layers/index.js';
import { adjustedRand, kMeans, majority, nearest, silhouette, type Vectors } from './index.js';
import fixture from './judges.fixture.json' with { type: 'json' };

const vectors = (rows: readonly (readonly number[])[]): Vectors => ({
  rows: rows.length,
  width: rows[0]?.length ?? 0,
  values: Float32Array.from(rows.flat()),
});

describe('majority', () => {
  it('gives every row the class shares', () => {
    expect(majority(Int32Array.of(0, 2, 2, 2), 3, 2)).toEqual(Float32Array.of(0.25, 0, 0.75, 0.25, 0, 0.75));
  });
});

describe('nearest', () => {
  const training = vectors([[0], [1], [10], [11], [12]]);
  const labels = Int32Array.of(0, 0, 1, 1, 2);

  it('shares the votes of the k nearest among the classes', () => {
    const judged = vectors([[0.4], [11.4]]);
    expect(nearest({ training, labels, classes: 3, judged, k: 1 })).toEqual(Float32Array.of(1, 0, 0, 0, 1, 0));
    const three = nearest({ training, labels, classes: 3, judged, k: 3 });
    [2 / 3, 1 / 3, 0, 0, 2 / 3, 1 / 3].forEach((share, index) => {
      expect(three[index]).toBeCloseTo(share, 6);
    });
  });

  it('takes the earlier of equally near rows, and all rows where fewer than k are there', () => {
    expect(nearest({ training, labels, classes: 3, judged: vectors([[5.5]]), k: 1 })).toEqual(Float32Array.of(1, 0, 0));
    const all = nearest({ training, labels, classes: 3, judged: vectors([[100]]), k: 50 });
    [0.4, 0.4, 0.2].forEach((share, index) => {
      expect(all[index]).toBeCloseTo(share, 6);
    });
  });

  it('refuses other columns and labels that do not fit', () => {
    expect(() => nearest({ training, labels, classes: 3, judged: vectors([[1, 2]]), k: 1 })).toThrow(RangeError);
    expect(() => nearest({ training, labels, classes: 2, judged: training, k: 1 })).toThrow(RangeError);
    expect(() => nearest({ training, labels: labels.slice(1), classes: 3, judged: training, k: 1 })).toThrow(
      RangeError,
    );
  });
});

describe('adjustedRand', () => {
  it('gives the worked examples of the literature', () => {
    expect(adjustedRand([0, 0, 1, 1], [1, 1, 0, 0])).toBe(1);
    expect(adjustedRand([0, 0, 1, 2], [0, 0, 1, 1])).toBeCloseTo(0.5714285714, 9);
    expect(adjustedRand([0, 0, 1, 1], [0, 1, 0, 1])).toBeCloseTo(-0.5, 12);
    expect(adjustedRand([0, 0, 0], [7, 7, 7])).toBe(1);
    expect(adjustedRand([], [])).toBe(1);
    expect(() => adjustedRand([0], [])).toThrow(RangeError);
  });

  it('does not depend on names or on which grouping comes first', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 2 }), (rows) => {
        const [a, b] = [rows.map(([x]) => x), rows.map(([, y]) => y)];
        expect(adjustedRand(a, b)).toBeCloseTo(
          adjustedRand(
            b.map((label) => 9 - label),
            a,
          ),
          12,
        );
        expect(adjustedRand(a, b)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('silhouette', () => {
  it('gives the number by its definition', () => {
    const { labels, value } = fixture.silhouette;
    expect(silhouette(vectors(fixture.pca.x), labels)).toBeCloseTo(value, 5);
    // a = 1; b = 10.5 for the outer ones, 9.5 for the inner.
    expect(silhouette(vectors([[0], [1], [10], [11]]), [0, 0, 1, 1])).toBeCloseTo((9.5 / 10.5 + 8.5 / 9.5) / 2, 9);
  });

  it('counts a row alone as 0, equal rows as 0, and has no figure for one group', () => {
    expect(silhouette(vectors([[0], [1], [50]]), [0, 0, 1])).toBeCloseTo((49 / 50 + 48 / 49) / 3, 9);
    expect(silhouette(vectors([[1], [1], [1], [1]]), [0, 0, 1, 1])).toBe(0);
    expect(silhouette(vectors([[0], [1]]), [3, 3])).toBeNaN();
  });
});

describe('kMeans', () => {
  const random = stream(3, 'groups');
  const centres = [
    [0, 0],
    [8, 0],
    [0, 8],
    [8, 8],
  ] as const;
  const truth = Int32Array.from({ length: 120 }, (_, row) => row % 4);
  const rows = vectors([...truth].map((group) => centres[group]!.map((centre) => centre + random.normal())));

  it('finds groups that lie apart, the same ones for the same random numbers', () => {
    const found = kMeans({ vectors: rows, k: 4, random: stream(1) });
    expect(adjustedRand(found.labels, truth)).toBe(1);
    expect(kMeans({ vectors: rows, k: 4, random: stream(1) })).toEqual(found);
    expect(found.inertia).toBeLessThan(kMeans({ vectors: rows, k: 3, random: stream(1) }).inertia);
  });

  it('has as many groups as rows at most, and can do with equal rows', () => {
    expect(kMeans({ vectors: vectors([[1], [5]]), k: 2, random: stream(1) }).inertia).toBe(0);
    expect(kMeans({ vectors: vectors([[1], [1], [1]]), k: 2, random: stream(1) }).inertia).toBe(0);
    expect(() => kMeans({ vectors: rows, k: 121, random: stream(1) })).toThrow(RangeError);
  });
});
