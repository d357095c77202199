import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DenseRows, LabelledSamples, Samples, SparseRows } from './index.js';
import { asRows, denseRows, eachColumn, join, labelled, pick, selectColumns, shapeOf, startsOf } from './index.js';

const rowNumbers = (rows: number) => Int32Array.from({ length: rows }, (_, row) => row);

const dense = (table: readonly (readonly number[])[], width: number): DenseRows => ({
  ...{ kind: 'rows', rows: table.length, width },
  values: Float32Array.from(table.flat()),
});

function sparse(table: readonly (readonly number[])[], width: number): SparseRows {
  const entries = table.map((row) =>
    row.flatMap((value, column) => (value === 0 ? [] : [{ value, column }])).reverse(),
  );
  return {
    ...{ kind: 'sparse', rows: table.length, width },
    starts: startsOf(entries.map(({ length }) => length)),
    columns: Int32Array.from(entries.flat(), ({ column }) => column),
    values: Float32Array.from(entries.flat(), ({ value }) => value),
  };
}

const width = 4;
const value = fc.oneof(fc.constant(0), fc.integer({ min: -9, max: 9 }));
const tables = fc.array(fc.array(value, { minLength: width, maxLength: width }), { maxLength: 6 });
const columnsOf = (input: DenseRows | SparseRows) => {
  const columns: number[][] = [];
  eachColumn(input, (column, values) => {
    columns[column] = [...values];
  });
  return columns;
};

describe('rows of numbers', () => {
  it('give the same rows and columns, dense or sparse', () => {
    fc.assert(
      fc.property(tables, (table) => {
        const [one, other] = [dense(table, width), sparse(table, width)];
        const all = rowNumbers(table.length);
        expect([...denseRows(one, all)]).toEqual(table.flat());
        expect([...denseRows(other, all)]).toEqual(table.flat());
        expect(columnsOf(other)).toEqual(columnsOf(one));
        expect(columnsOf(one)).toEqual(Array.from({ length: width }, (_, at) => table.map((row) => row[at])));
      }),
    );
  });

  it('give chosen columns in the order asked for', () => {
    fc.assert(
      fc.property(tables, fc.shuffledSubarray([0, 1, 2, 3]), (table, columns) => {
        const wanted = table.flatMap((row) => columns.map((column) => row[column]));
        for (const input of [dense(table, width), sparse(table, width)]) {
          const chosen = selectColumns(input, columns);
          expect(chosen).toMatchObject({ kind: input.kind, width: columns.length, rows: table.length });
          expect([...denseRows(chosen, rowNumbers(table.length))]).toEqual(wanted);
        }
      }),
    );
    expect(() => selectColumns(dense([], width), [1, 1])).toThrow(RangeError);
    expect(() => selectColumns(sparse([], width), [4])).toThrow(RangeError);
  });

  it('are not there in images', () => {
    expect(() => asRows({ kind: 'images', rows: 0, side: 8, pixels: new Uint8Array(0) })).toThrow(TypeError);
    expect(() => denseRows(dense([[1, 2, 3, 4]], width), Int32Array.of(1))).toThrow(RangeError);
  });
});

const bags = (lengths: readonly number[]): Samples => ({
  ...{ kind: 'bags', rows: lengths.length, width: 2, starts: startsOf(lengths) },
  values: Float32Array.from({ length: 2 * lengths.reduce((sum, length) => sum + length, 0) }, (_, index) => index),
});

const images = (rows: number): Samples => ({
  ...{ kind: 'images', rows, side: 8 },
  pixels: Uint8Array.from({ length: rows * 192 }, (_, index) => Math.floor(index / 192)),
});

const grouped = (input: Samples): LabelledSamples => ({
  ...labelled(input, rowNumbers(input.rows)),
  groups: rowNumbers(input.rows),
  sides: { genes: { width: 2, values: Float32Array.from({ length: 2 * input.rows }, (_, index) => index / 2) } },
});

const forms = [
  { form: 'dense', input: dense([[1], [2], [3], [4]], 1) },
  {
    form: 'sparse',
    input: sparse(
      [
        [1, 0],
        [0, 0],
        [3, 5],
        [0, 4],
      ],
      2,
    ),
  },
  { form: 'images', input: images(4) },
  { form: 'bags', input: bags([2, 0, 3, 1]) },
];

describe.each(forms)('samples that are $form', ({ input }) => {
  const samples = grouped(input);

  it('are the same again after being picked apart and joined', () => {
    const parts = [Int32Array.of(0, 1), Int32Array.of(2), Int32Array.of(3)].map((rows) => pick(samples, rows));
    expect(join(parts)).toEqual(samples);
    expect(pick(pick(samples, Int32Array.of(3, 0, 2, 1)), Int32Array.of(1, 3, 2, 0))).toEqual(samples);
    expect(shapeOf(pick(samples, Int32Array.of()))).toEqual(shapeOf(samples));
  });

  it('give no row that they have not, and do not join others', () => {
    expect(() => pick(samples, Int32Array.of(4))).toThrow(RangeError);
    const others = forms.filter((other) => other.input !== input);
    for (const other of others) expect(() => join([samples, grouped(other.input)])).toThrow(TypeError);
    expect(() => join([samples, labelled(input, rowNumbers(4))])).toThrow(TypeError);
    expect(() => join([])).toThrow(RangeError);
  });
});

describe('shapeOf', () => {
  it('says what a network is built from', () => {
    expect(forms.map(({ input }) => shapeOf(grouped(input)))).toEqual([
      { kind: 'rows', width: 1 },
      { kind: 'rows', width: 2 },
      { kind: 'images', side: 8 },
      { kind: 'bags', width: 2, sides: { genes: 2 } },
    ]);
  });
});
