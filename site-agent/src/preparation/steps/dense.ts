import { asRows, type DenseRows, denseRows, type Samples } from '@consilium/models/samples';

/** Every value of its own: what is 0 in a sparse matrix is so no more once its columns are moved. */
export const dense = (samples: Samples): DenseRows => {
  const input = asRows(samples);
  if (input.kind === 'rows') return input;
  const { rows, width } = input;
  return {
    kind: 'rows',
    rows,
    width,
    values: denseRows(
      input,
      Int32Array.from({ length: rows }, (_, row) => row),
    ),
  };
};
