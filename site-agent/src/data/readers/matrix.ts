/** Numbers by rows, most of them 0: row r's columns and values lie at `starts[r]` … `starts[r + 1]`, columns rising, none twice. */
export interface Csr {
  readonly kind: 'sparse';
  readonly rows: number;
  readonly width: number;
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

/** Numbers by rows, row-major [rows, width]. */
export interface Dense {
  readonly kind: 'rows';
  readonly rows: number;
  readonly width: number;
  readonly values: Float32Array;
}

/** More rows or columns than this are no cohort; a header that claims them is not believed. */
export const maxExtent = 2 ** 24;
/** Most stored numbers of a matrix: 2 GiB as float32. */
export const maxValues = 2 ** 29;

/** Rows and columns exchanged. */
export function transposed(matrix: Csr): Csr {
  const rowOf = new Int32Array(matrix.columns.length);
  for (let row = 0; row < matrix.rows; row++) rowOf.fill(row, matrix.starts[row], matrix.starts[row + 1]);
  return { ...byKey(matrix.width, matrix.columns, rowOf, matrix.values), rows: matrix.width, width: matrix.rows };
}

/** Numbers given one by one, in any order, as rows; null where a place is given twice. */
export function fromTriples(
  { rows, width }: Pick<Csr, 'rows' | 'width'>,
  rowOf: Int32Array,
  columnOf: Int32Array,
  values: Float32Array,
): Csr | null {
  // By column first: going through the columns in order then leaves each row's columns in order.
  const byColumn = { ...byKey(width, columnOf, rowOf, values), rows: width, width: rows };
  const matrix = transposed(byColumn);
  return isStrictlyRising(matrix) ? matrix : null;
}

/** Whether each row's columns rise, none standing twice. */
export function isStrictlyRising({ rows, starts, columns }: Csr): boolean {
  for (let row = 0; row < rows; row++) {
    for (let place = starts[row]! + 1; place < starts[row + 1]!; place++) {
      if (columns[place]! <= columns[place - 1]!) return false;
    }
  }
  return true;
}

/** Counting sort by `keys`, keeping the order of what shares one. */
function byKey(
  size: number,
  keys: Int32Array,
  others: Int32Array,
  values: Float32Array,
): Pick<Csr, 'kind' | 'starts' | 'columns' | 'values'> {
  const starts = new Int32Array(size + 1);
  for (const key of keys) starts[key + 1]! += 1;
  for (let key = 0; key < size; key++) starts[key + 1]! += starts[key]!;
  const next = starts.slice();
  const columns = new Int32Array(keys.length);
  const sorted = new Float32Array(keys.length);
  for (let index = 0; index < keys.length; index++) {
    const place = next[keys[index]!]!++;
    columns[place] = others[index]!;
    sorted[place] = values[index]!;
  }
  return { kind: 'sparse', starts, columns, values: sorted };
}
