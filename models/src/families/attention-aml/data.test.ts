import { describe, expect, it } from 'vitest';
import { checkInput } from './data.js';

const input = (x: readonly number[], y: readonly number[]) => ({
  x: Float32Array.from(x),
  y: Int32Array.from(y),
  features: 2,
  classes: 3,
});

describe('checkInput', () => {
  it('takes finite values and known classes', () => {
    expect(() => checkInput(input([1, -2, 0, 10], [0, 2]))).not.toThrow();
  });

  it.each([
    { name: 'a missing value', given: input([1, 2, 3, Number.NaN], [0, 1]), problem: 'feature number 2' },
    { name: 'an infinite value', given: input([Number.POSITIVE_INFINITY, 2], [0]), problem: 'feature number 1' },
    { name: 'an unknown class', given: input([1, 2], [3]), problem: 'label' },
    { name: 'a negative class', given: input([1, 2], [-1]), problem: 'label' },
    { name: 'half a row', given: input([1, 2, 3], [0]), problem: '3 values' },
    { name: 'no features', given: { ...input([], [0]), features: 0 }, problem: 'no feature' },
  ])('refuses $name without showing it', ({ given, problem }) => {
    expect(() => checkInput(given)).toThrow(
      expect.objectContaining({ code: 'CSM-MODEL-INPUT', message: expect.stringContaining(problem) }),
    );
  });
});
