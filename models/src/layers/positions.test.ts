import { elementsOf } from '@consilium/shared/weights';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { addPositions, positionParameters } from './index.js';

describe('addPositions', () => {
  beforeAll(() => useBackend('cpu'));
  const table = () => tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);

  it('adds the row of its position to each token, alike for every patient', () => {
    const y = addPositions(
      { 'p/table': table() },
      'p',
      tf.tensor3d([
        [
          [1, 1],
          [1, 1],
          [1, 1],
        ],
        [
          [0, 0],
          [0, 0],
          [9, 0],
        ],
      ]),
    );
    expect([...y.dataSync()]).toEqual([2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 14, 6]);
  });

  it('has a gradient for the table that adds up the patients', () => {
    const x = tf.tensor3d([1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60], [2, 3, 2]);
    const gradient = tf.grad((positions) => addPositions({ 'p/table': positions }, 'p', tf.zerosLike(x)).mul(x).sum())(
      table(),
    );
    expect([...gradient.dataSync()]).toEqual([11, 22, 33, 44, 55, 66]);
  });

  it.each([
    { tokens: 256, width: 64, count: 16_384 },
    { tokens: 49, width: 512, count: 25_088 },
  ])('has $count weights for $tokens tokens of $width', ({ tokens, width, count }) => {
    const sizes = positionParameters('p', tokens, width).map(({ shape }) => elementsOf(shape));
    expect(sizes).toEqual([count]);
  });
});
