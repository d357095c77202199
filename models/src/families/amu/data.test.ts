import { describe, expect, it } from 'vitest';
import { labelled } from '../../samples/index.js';
import { checkInput, genesOf } from './data.js';

const samples = (values: readonly number[], y: readonly number[]) =>
  labelled({ kind: 'rows', rows: y.length, width: 2, values: Float32Array.from(values) }, Int32Array.from(y));
const sparse = labelled(
  {
    ...({ kind: 'sparse', rows: 1, width: 9, starts: Int32Array.of(0, 2) } as const),
    ...{ columns: Int32Array.of(4, 7), values: Float32Array.of(1, Number.NaN) },
  },
  Int32Array.of(0),
);

describe('checkInput', () => {
  it('takes finite values and known classes', () => {
    expect(() => checkInput(samples([1, -2, 0, 10], [0, 1]), { classes: 2 })).not.toThrow();
  });

  it.each([
    { name: 'a missing value', given: samples([1, 2, 3, Number.NaN], [0, 1]), problem: 'feature number 2' },
    { name: 'an infinite value', given: samples([Number.NEGATIVE_INFINITY, 2], [0]), problem: 'feature number 1' },
    { name: 'a missing value of a sparse matrix', given: sparse, problem: 'feature number 8' },
    { name: 'an unknown class', given: samples([1, 2], [2]), problem: 'label' },
    { name: 'no class', given: samples([1, 2], [-1]), problem: 'label' },
  ])('refuses $name without showing it', ({ given, problem }) => {
    expect(() => checkInput(given, { classes: 2 })).toThrow(
      expect.objectContaining({ code: 'CSM-MODEL-INPUT', message: expect.stringContaining(problem) }),
    );
  });
});

describe('genesOf', () => {
  it('counts columns', () => {
    expect(genesOf({ input: { kind: 'rows', width: 160 } })).toBe(160);
  });

  it('knows no images', () => {
    expect(() => genesOf({ input: { kind: 'images', side: 32 } })).toThrow(TypeError);
  });
});
