import { type DenseRows, inFull, type SparseRows } from '@consilium/models/samples';
import type { RowChange } from '../transforms/index.js';

/** Rows after a change; sparse ones stay so where 0 stays 0. */
export function changedRows(input: DenseRows | SparseRows, change: RowChange | null): DenseRows | SparseRows {
  if (change === null) return input;
  const rows = input.kind === 'sparse' && !change.keepsZeros ? inFull(input) : input;
  const values = new Float32Array(rows.values.length);
  for (let row = 0; row < rows.rows; row++) {
    const [from, to] = entriesOf(rows, row);
    const exact = Float64Array.from(rows.values.subarray(from, to));
    change.apply({ values: exact, columns: rows.kind === 'rows' ? null : rows.columns.subarray(from, to) });
    values.set(exact, from);
  }
  return { ...rows, values };
}

/** The named columns in the order asked for; one that the rows lack (−1) is missing in each of them. */
export function takeColumns(input: DenseRows | SparseRows, columns: readonly number[]): DenseRows | SparseRows {
  return input.kind === 'rows' ? takeDense(input, columns) : takeSparse(input, columns);
}

/** The first column of a row that holds no finite number and is not missing; −1 where there is none. */
export function firstInfinite(input: DenseRows | SparseRows, row: number): number {
  const [from, to] = entriesOf(input, row);
  for (let entry = from; entry < to; entry++) {
    if (Math.abs(input.values[entry]!) !== Infinity) continue;
    return input.kind === 'rows' ? entry - from : input.columns[entry]!;
  }
  return -1;
}

/** Where the values of a row lie. */
function entriesOf(input: DenseRows | SparseRows, row: number): readonly [number, number] {
  return input.kind === 'rows'
    ? [row * input.width, (row + 1) * input.width]
    : [input.starts[row]!, input.starts[row + 1]!];
}

function takeDense(input: DenseRows, columns: readonly number[]): DenseRows {
  const width = columns.length;
  const values = new Float32Array(input.rows * width);
  for (let row = 0; row < input.rows; row++) {
    columns.forEach((column, at) => {
      values[row * width + at] = column < 0 ? Number.NaN : input.values[row * input.width + column]!;
    });
  }
  return { kind: 'rows', rows: input.rows, width, values };
}

function takeSparse(input: SparseRows, columns: readonly number[]): SparseRows {
  const placeOf = new Int32Array(input.width).fill(-1);
  const missing: number[] = [];
  columns.forEach((column, at) => {
    if (column < 0) missing.push(at);
    else placeOf[column] = at;
  });
  const starts = new Int32Array(input.rows + 1);
  for (let row = 0; row < input.rows; row++) {
    let kept = missing.length;
    for (let entry = input.starts[row]!; entry < input.starts[row + 1]!; entry++) {
      if (placeOf[input.columns[entry]!]! >= 0) kept += 1;
    }
    starts[row + 1] = starts[row]! + kept;
  }
  const taken = new Int32Array(starts[input.rows]!);
  const values = new Float32Array(taken.length);
  let next = 0;
  for (let row = 0; row < input.rows; row++) {
    for (let entry = input.starts[row]!; entry < input.starts[row + 1]!; entry++) {
      const place = placeOf[input.columns[entry]!]!;
      if (place < 0) continue;
      taken[next] = place;
      values[next] = input.values[entry]!;
      next += 1;
    }
    for (const place of missing) {
      taken[next] = place;
      values[next] = Number.NaN;
      next += 1;
    }
  }
  return { kind: 'sparse', rows: input.rows, width: columns.length, starts, columns: taken, values };
}
