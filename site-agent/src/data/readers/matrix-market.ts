import { basename } from 'node:path';
import { fail } from '@consilium/shared/errors';
import { asFileFault, openBytes } from './file-bytes.js';
import { type Csr, fromTriples, maxExtent, maxValues } from './matrix.js';

/** Longest line: a comment of a pipeline may be long, an entry is not. */
const maxLineBytes = 2 ** 16;
const newline = 10;
const digitZero = 48;

/**
 * Reads a Matrix Market file of coordinates (`.mtx`, or `.mtx.gz`), as single-cell pipelines write counts. Rows and columns stay as the file
 * has them: pipelines differ in whether cells or genes are the rows. Memory follows what is read, never what the header claims.
 * Format: NIST, math.nist.gov/MatrixMarket/formats.html.
 * @throws CSM-DATA-FILE, CSM-DATA-UNREADABLE, CSM-DATA-GZIP, CSM-DATA-MATRIX-MARKET, or the signal's reason
 */
export async function readMatrixMarket(path: string, signal?: AbortSignal): Promise<Csr> {
  const file = basename(path);
  const reader = matrixMarketReader(file);
  try {
    for await (const chunk of openBytes(path, signal)) reader.take(chunk);
  } catch (thrown) {
    signal?.throwIfAborted();
    throw asFileFault(thrown, path);
  }
  return reader.end();
}

interface MatrixMarketReader {
  readonly take: (chunk: Uint8Array) => void;
  readonly end: () => Csr;
}

function matrixMarketReader(file: string): MatrixMarketReader {
  let line = 0;
  let entries: Entries | null = null;
  let pattern: boolean | null = null;
  /** What came of a line whose end has not come yet. */
  let carried: Uint8Array = new Uint8Array();
  const refuse = (problem: string): never => fail('CSM-DATA-MATRIX-MARKET', { file, line, problem });

  function takeLine(bytes: Uint8Array): void {
    line += 1;
    if (bytes.length > maxLineBytes) refuse('the line is too long');
    if (line === 1) {
      pattern = isPattern(textOf(bytes), refuse);
    } else if (entries && bytes.length > 0 && bytes[0] !== percent) {
      entries.take(bytes, refuse);
    } else if (bytes.length > 0 && bytes[0] !== percent) {
      const text = textOf(bytes).trim();
      if (text !== '') entries = collectEntries(sizeOf(text, refuse), pattern === true);
    }
  }

  return {
    take(chunk) {
      let start = 0;
      for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
        const rest = chunk.subarray(start, end);
        takeLine(carried.length > 0 ? Buffer.concat([carried, rest]) : rest);
        carried = new Uint8Array();
        start = end + 1;
      }
      if (start === chunk.length) return;
      if (carried.length + chunk.length - start > maxLineBytes) {
        line += 1;
        refuse('the line is too long');
      }
      carried = Buffer.concat([carried, chunk.subarray(start)]);
    },
    end() {
      if (carried.length > 0) takeLine(carried);
      return entries ? entries.end(refuse) : refuse('the file ends before the line of its size');
    },
  };
}

type Problem = (problem: string) => never;
const percent = 37;
const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

function isPattern(banner: string, refuse: Problem): boolean {
  const [tag, object, format, field, symmetry] = banner.trim().toLowerCase().split(/\s+/);
  if (tag !== '%%matrixmarket' || object !== 'matrix') refuse('it does not begin with %%MatrixMarket matrix');
  if (format !== 'coordinate') refuse('only the coordinate format is read');
  if (field !== 'integer' && field !== 'real' && field !== 'pattern')
    refuse('its numbers are neither integer nor real');
  if (symmetry !== 'general') refuse('only a general matrix is read');
  return field === 'pattern';
}

interface Size {
  readonly rows: number;
  readonly width: number;
  readonly count: number;
}

function sizeOf(text: string, refuse: Problem): Size {
  const parts = text.split(/\s+/);
  if (parts.length !== 3 || !parts.every((part) => /^\d{1,15}$/.test(part))) refuse('this is not the line of its size');
  const [rows = 0, width = 0, count = 0] = parts.map(Number);
  if (rows === 0 || width === 0) refuse('it has no rows or no columns');
  if (rows > maxExtent || width > maxExtent) refuse(`it has more than ${maxExtent} rows or columns`);
  if (count > maxValues) refuse(`it has more than ${maxValues} numbers`);
  if (count > rows * width) refuse('it has more numbers than places');
  return { rows, width, count };
}

interface Entries {
  readonly take: (bytes: Uint8Array, refuse: Problem) => void;
  readonly end: (refuse: Problem) => Csr;
}

/** The numbers of a file, kept as they come. */
function collectEntries(size: Size, pattern: boolean): Entries {
  let rowOf = new Int32Array(Math.min(size.count, 2 ** 16));
  let columnOf = new Int32Array(rowOf.length);
  let values = new Float32Array(rowOf.length);
  let count = 0;
  let inOrder = true;

  function grow(): void {
    const length = Math.min(size.count, 2 * rowOf.length);
    const grown = { rowOf: new Int32Array(length), columnOf: new Int32Array(length), values: new Float32Array(length) };
    grown.rowOf.set(rowOf);
    grown.columnOf.set(columnOf);
    grown.values.set(values);
    ({ rowOf, columnOf, values } = grown);
  }

  return {
    take(bytes, refuse) {
      const fields = fieldsOf(bytes);
      if (fields.next()) {
        if (count === size.count) refuse('it has more numbers than it says');
        if (count === rowOf.length) grow();
        const row = wholeNumber(bytes, fields) - 1;
        if (!fields.next()) refuse('the line has too few fields');
        const column = wholeNumber(bytes, fields) - 1;
        if (!(row >= 0 && row < size.rows && column >= 0 && column < size.width))
          refuse('a place is outside of the matrix');
        const value = pattern ? 1 : fields.next() ? numberOf(bytes, fields) : refuse('the line has too few fields');
        if (!Number.isFinite(value)) refuse('it is not a number that can be used');
        if (fields.next()) refuse('the line has too many fields');
        const previous = count - 1;
        inOrder &&= count === 0 || row > rowOf[previous]! || (row === rowOf[previous]! && column > columnOf[previous]!);
        rowOf[count] = row;
        columnOf[count] = column;
        values[count] = value;
        count += 1;
      }
    },
    end(refuse) {
      if (count !== size.count) refuse('it has fewer numbers than it says');
      if (!inOrder) return fromTriples(size, rowOf, columnOf, values) ?? refuse('one place stands twice');
      const starts = new Int32Array(size.rows + 1);
      for (const row of rowOf) starts[row + 1]! += 1;
      for (let row = 0; row < size.rows; row++) starts[row + 1]! += starts[row]!;
      return { kind: 'sparse', rows: size.rows, width: size.width, starts, columns: columnOf, values };
    },
  };
}

interface Fields {
  start: number;
  end: number;
  readonly next: () => boolean;
}

/** Goes through the fields of a line without making texts of them: files have hundreds of millions. */
function fieldsOf(bytes: Uint8Array): Fields {
  const fields = {
    start: 0,
    end: 0,
    next(): boolean {
      let at = fields.end;
      while (at < bytes.length && bytes[at]! <= 32) at++;
      fields.start = at;
      while (at < bytes.length && bytes[at]! > 32) at++;
      fields.end = at;
      return fields.end > fields.start;
    },
  };
  return fields;
}

/** A whole number of at most 15 digits, NaN for all else. */
function wholeNumber(bytes: Uint8Array, { start, end }: Fields): number {
  let value = end - start > 15 ? Number.NaN : 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - digitZero;
    value = digit >= 0 && digit <= 9 ? 10 * value + digit : Number.NaN;
  }
  return value;
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A number as a float32 holds it; not finite when it is none. */
function numberOf(bytes: Uint8Array, fields: Fields): number {
  const whole = wholeNumber(bytes, fields);
  if (!Number.isNaN(whole)) return Math.fround(whole);
  const text = textOf(bytes.subarray(fields.start, fields.end));
  return decimal.test(text) ? Math.fround(Number(text)) : Number.NaN;
}
