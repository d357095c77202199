import { describe, expect, it } from 'vitest';
import { fanInUniform, permutation, stream } from './index.js';

const draws = (count: number, draw: () => number) => Array.from({ length: count }, draw);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('stream', () => {
  it('gives the same numbers for a seed for ever', () => {
    const random = stream(7, 'example');
    expect(draws(4, () => random.integer(1_000_000))).toEqual([656_471, 116_445, 302_933, 379_706]);
  });

  it('differs by seed, by label and by the place where labels are cut', () => {
    const first = (...args: Parameters<typeof stream>) => stream(...args).uniform();
    const values = [first(1), first(2), first(1, 'a'), first(1, 'b'), first(1, 'a', 'b'), first(1, 'ab'), first(11)];
    expect(new Set(values).size).toBe(values.length);
  });

  it('is uniform and normal', () => {
    const random = stream(3);
    const uniform = draws(20_000, random.uniform);
    expect(mean(uniform)).toBeCloseTo(0.5, 1);
    expect(mean(uniform.map((value) => (value - 0.5) ** 2))).toBeCloseTo(1 / 12, 2);
    const normal = draws(20_000, random.normal);
    expect(mean(normal)).toBeCloseTo(0, 1);
    expect(mean(normal.map((value) => value ** 2))).toBeCloseTo(1, 1);
  });

  it('does not correlate between neighbouring seeds', () => {
    const columns = [100, 101].map((seed) => draws(5_000, stream(seed).normal));
    const [a, b] = columns;
    expect(Math.abs(mean(a!.map((value, index) => value * b![index]!)))).toBeLessThan(0.06);
  });
});

describe('permutation', () => {
  it('holds every index once, in another order by seed', () => {
    const order = permutation(50, stream(1));
    expect([...order].sort((a, b) => a - b)).toEqual(draws(50, () => 0).map((_, index) => index));
    expect(order).not.toEqual(permutation(50, stream(2)));
  });
});

describe('fanInUniform', () => {
  it('keeps to its bound and variance', () => {
    const values = [...fanInUniform(stream(1), [100, 50])];
    expect(Math.max(...values)).toBeLessThanOrEqual(0.1);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-0.1);
    expect(mean(values.map((value) => value ** 2)) * 300).toBeCloseTo(1, 1);
  });
});
