import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { bareConvolution, bareConvolutionParameters, convolution, convolutionParameters } from './index.js';

beforeAll(() => useBackend('cpu'));

describe('convolution', () => {
  const x = () => tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
  /** A kernel of the left neighbour less the right one: worked by hand. */
  const kernel = () => tf.tensor4d([0, 0, 0, 1, 0, -1, 0, 0, 0], [3, 3, 1, 1]);
  const values = [-2, 1, -4, 3];

  it('pads with zeros and keeps height and width', () => {
    const plain = convolution({ 'c/kernel': kernel(), 'c/bias': tf.tensor1d([0.5]) }, 'c', x());
    expect(plain.shape).toEqual([1, 2, 2, 1]);
    expect([...plain.dataSync()]).toEqual(values.map((value) => value + 0.5));
    const bare = bareConvolution({ 'c/kernel': kernel() }, 'c', x());
    expect([...bare.dataSync()]).toEqual(values);
  });

  it('ends in a ReLU where asked to', () => {
    const y = convolution({ 'c/kernel': kernel(), 'c/bias': tf.zeros([1]) }, 'c', x(), 'relu');
    expect([...y.dataSync()]).toEqual([0, 1, 0, 3]);
  });

  it('has a bias or not', () => {
    const names = (parameters: readonly { readonly name: string }[]) => parameters.map(({ name }) => name);
    expect(names(convolutionParameters('c', 3, 1, 2))).toEqual(['c/kernel', 'c/bias']);
    expect(names(bareConvolutionParameters('c', 3, 1, 2))).toEqual(['c/kernel']);
  });
});
