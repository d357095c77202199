import { describe, expect, it } from 'vitest';
import { labelled } from '../../samples/index.js';
import { checkInput } from './data.js';

const cells = (values: readonly number[], y: readonly number[]) =>
  labelled({ kind: 'rows', rows: y.length, width: 2, values: Float32Array.from(values) }, Int32Array.from(y));
const sparse = labelled(
  {
    ...({ kind: 'sparse', rows: 1, width: 9, starts: Int32Array.of(0, 1) } as const),
    ...{ columns: Int32Array.of(7), values: Float32Array.of(Number.NaN) },
  },
  Int32Array.of(0),
);

describe('checkInput', () => {
  it('takes finite values and known classes; the autoencoder takes cells of no known class', () => {
    expect(() => checkInput(cells([1, 0, 0, 10], [0, 2]), { classes: 3, stage: 'head' })).not.toThrow();
    expect(() => checkInput(cells([1, 2], [-1]), { classes: 3, stage: 'autoencoder' })).not.toThrow();
  });

  it.each([
    { name: 'a missing value', given: cells([1, Number.NaN], [0]), stage: 'autoencoder', problem: 'feature number 2' },
    { name: 'a missing value of a sparse matrix', given: sparse, stage: 'head', problem: 'feature number 8' },
    { name: 'an unknown class', given: cells([1, 2], [3]), stage: 'head', problem: 'label' },
    { name: 'a cell of no known class', given: cells([1, 2], [-1]), stage: 'head', problem: 'label' },
  ])('refuses $name in $stage without showing it', ({ given, stage, problem }) => {
    expect(() => checkInput(given, { classes: 3, stage })).toThrow(
      expect.objectContaining({ code: 'CSM-MODEL-INPUT', message: expect.stringContaining(problem) }),
    );
  });
});
