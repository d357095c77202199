import { startsOf } from './runs.js';
import type { DenseRows, Samples, SparseRows } from './samples.js';

/** Rows of numbers, dense or sparse; a fault of the program where the samples are something else. */
export function asRows(input: Samples): DenseRows | SparseRows {
  if (input.kind === 'rows' || input.kind === 'sparse') return input;
  throw new TypeError(`${input.kind} where rows of numbers were expected`);
}

/** Some rows in full, [rows.length, width], row-major: what a sparse row lacks is 0. */
export function denseRows(input: DenseRows | SparseRows, rows: Int32Array): Float32Array {
  const { width } = input;
  const dense = new Float32Array(rows.length * width);
  rows.forEach((row, index) => {
    if (row < 0 || row >= input.rows) throw new RangeError(`no row ${row}`);
    if (input.kind === 'rows') {
      dense.set(input.values.subarray(row * width, (row + 1) * width), index * width);
      return;
    }
    const end = input.starts[row + 1] ?? 0;
    for (let entry = input.starts[row] ?? 0; entry < end; entry++) {
      dense[index * width + (input.columns[entry] ?? 0)] = input.values[entry] ?? 0;
    }
  });
  return dense;
}

/** All rows in full: every value of its own. */
export function inFull(samples: Samples): DenseRows {
  const input = asRows(samples);
  if (input.kind === 'rows') return input;
  const { rows, width } = input;
  const every = Int32Array.from({ length: rows }, (_, row) => row);
  return { kind: 'rows', rows, width, values: denseRows(input, every) };
}

/** Calls with every column's values in turn, [rows] each, the zeros of a sparse matrix included. The array is used again for the next column. */
export function eachColumn(input: DenseRows | SparseRows, visit: (column: number, values: Float32Array) => void): void {
  const { rows, width } = input;
  const values = new Float32Array(rows);
  if (input.kind === 'rows') {
    for (let column = 0; column < width; column++) {
      for (let row = 0; row < rows; row++) values[row] = input.values[row * width + column] ?? 0;
      visit(column, values);
    }
    return;
  }
  const { starts, rowOf, numberOf } = byColumn(input);
  for (let column = 0; column < width; column++) {
    const [start, end] = [starts[column] ?? 0, starts[column + 1] ?? 0];
    values.fill(0);
    for (let entry = start; entry < end; entry++) values[rowOf[entry] ?? 0] = numberOf[entry] ?? 0;
    visit(column, values);
  }
}

/** The named columns, in the order asked for, none twice. */
export function selectColumns(input: DenseRows | SparseRows, columns: readonly number[]): DenseRows | SparseRows {
  if (new Set(columns).size < columns.length) throw new RangeError('a column is asked for twice');
  if (columns.some((column) => column < 0 || column >= input.width)) throw new RangeError('no such column');
  const { rows } = input;
  const width = columns.length;
  if (input.kind === 'rows') {
    const values = new Float32Array(rows * width);
    for (let row = 0; row < rows; row++) {
      columns.forEach((column, index) => {
        values[row * width + index] = input.values[row * input.width + column] ?? 0;
      });
    }
    return { ...input, width, values };
  }
  const placeOf = new Int32Array(input.width).fill(-1);
  columns.forEach((column, index) => {
    placeOf[column] = index;
  });
  const starts = new Int32Array(rows + 1);
  for (let row = 0; row < rows; row++) {
    let kept = 0;
    for (let entry = input.starts[row]!; entry < input.starts[row + 1]!; entry++) {
      if (placeOf[input.columns[entry]!]! >= 0) kept += 1;
    }
    starts[row + 1] = starts[row]! + kept;
  }
  const places = new Int32Array(starts[rows]!);
  const values = new Float32Array(places.length);
  let next = 0;
  for (let entry = input.starts[0]!; entry < input.starts[rows]!; entry++) {
    const place = placeOf[input.columns[entry]!]!;
    if (place < 0) continue;
    places[next] = place;
    values[next] = input.values[entry]!;
    next += 1;
  }
  return { ...input, width, starts, columns: places, values };
}

/** A sparse matrix by column (CSC), by counting sort. */
function byColumn({ rows, width, starts, columns, values }: SparseRows) {
  const counts = new Array<number>(width).fill(0);
  for (const column of columns) counts[column] = (counts[column] ?? 0) + 1;
  const columnStarts = startsOf(counts);
  const next = columnStarts.slice();
  const rowOf = new Int32Array(columns.length);
  const numberOf = new Float32Array(columns.length);
  for (let row = 0; row < rows; row++) {
    const end = starts[row + 1] ?? 0;
    for (let entry = starts[row] ?? 0; entry < end; entry++) {
      const column = columns[entry] ?? 0;
      const at = next[column] ?? 0;
      rowOf[at] = row;
      numberOf[at] = values[entry] ?? 0;
      next[column] = at + 1;
    }
  }
  return { starts: columnStarts, rowOf, numberOf };
}
