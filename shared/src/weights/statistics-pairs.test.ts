import { describe, expect, it } from 'vitest';
import type { Layout } from './layout.js';
import { statisticsPairs } from './statistics-pairs.js';

const layout: Layout = [
  { name: 'dense/kernel', shape: [3, 2] },
  { name: 'a/bn/moving_variance', shape: [4] },
  { name: 'a/bn/gamma', shape: [4] },
  { name: 'a/bn/moving_mean', shape: [4] },
  { name: 'bn/moving_mean', shape: [1, 2] },
  { name: 'bn/moving_variance', shape: [1, 2] },
];

describe('statistics pairs', () => {
  it('are found by their names, wherever the two lie', () => {
    expect(statisticsPairs(layout)).toEqual([
      { mean: { element: 14, elements: 4 }, variance: { element: 6, elements: 4 } },
      { mean: { element: 18, elements: 2 }, variance: { element: 20, elements: 2 } },
    ]);
  });

  it('are none in a layout without batch normalisation', () => {
    expect(statisticsPairs([{ name: 'my_moving_mean', shape: [2] }])).toEqual([]);
  });

  it.each([
    ['a mean alone', ['bn/moving_mean']],
    ['a variance alone', ['bn/moving_variance']],
    ['two that are not of one layer', ['a/moving_mean', 'b/moving_variance']],
  ])('are refused with %s', (_, names) => {
    const code = expect.objectContaining({ code: 'CSM-WEIGHTS-LAYOUT' });
    expect(() => statisticsPairs(names.map((name) => ({ name, shape: [2] })))).toThrow(code);
  });

  it('are refused with shapes that differ', () => {
    const uneven: Layout = [
      { name: 'bn/moving_mean', shape: [2] },
      { name: 'bn/moving_variance', shape: [3] },
    ];
    expect(() => statisticsPairs(uneven)).toThrow(expect.objectContaining({ code: 'CSM-WEIGHTS-LAYOUT' }));
  });
});
