import { runLength, startsOf } from './runs.js';
import type { LabelledSamples, Samples, Side } from './samples.js';

/** Some rows, in the order asked for. Everything is copied. */
export const pick = (samples: LabelledSamples, rows: Int32Array): LabelledSamples => ({
  rows: rows.length,
  input: pickInput(samples.input, rows),
  y: rows.map((row) => samples.y[row] ?? -1),
  patients: pickRows(samples.patients, 1, rows, new Int32Array(rows.length)),
  groups: samples.groups && pickRows(samples.groups, 1, rows, new Int32Array(rows.length)),
  sides: Object.fromEntries(Object.entries(samples.sides).map(([name, side]) => [name, pickSide(side, rows)])),
});

/** Some rows of an input, in the order asked for. */
export function pickInput(input: Samples, rows: Int32Array): Samples {
  const count = rows.length;
  switch (input.kind) {
    case 'rows':
      return {
        ...input,
        rows: count,
        values: pickRows(input.values, input.width, rows, new Float32Array(count * input.width)),
      };
    case 'images': {
      const width = 3 * input.side ** 2;
      return { ...input, rows: count, pixels: pickRows(input.pixels, width, rows, new Uint8Array(count * width)) };
    }
    case 'sparse': {
      const starts = startsOf(Array.from(rows, (row) => runLength(input.starts, row)));
      const entries = starts[count] ?? 0;
      const columns = pickRuns(input.columns, 1, input.starts, rows, new Int32Array(entries));
      return {
        ...input,
        rows: count,
        starts,
        columns,
        values: pickRuns(input.values, 1, input.starts, rows, new Float32Array(entries)),
      };
    }
    case 'bags': {
      const starts = startsOf(Array.from(rows, (row) => runLength(input.starts, row)));
      const values = new Float32Array((starts[count] ?? 0) * input.width);
      return { ...input, rows: count, starts, values: pickRuns(input.values, input.width, input.starts, rows, values) };
    }
    default:
      throw new TypeError(`unknown samples ${input satisfies never}`);
  }
}

const pickSide = ({ width, values }: Side, rows: Int32Array): Side => ({
  width,
  values: pickRows(values, width, rows, new Float32Array(rows.length * width)),
});

type Numbers = Float32Array | Int32Array | Uint8Array;

/** Copies rows of one width to `to`. */
function pickRows<T extends Numbers>(from: T, width: number, rows: Int32Array, to: T): T {
  rows.forEach((row, index) => {
    if (row < 0 || (row + 1) * width > from.length) throw new RangeError(`no row ${row}`);
    to.set(from.subarray(row * width, (row + 1) * width), index * width);
  });
  return to;
}

/** Copies runs of entries, each of one width, to `to`. */
function pickRuns<T extends Numbers>(from: T, width: number, starts: Int32Array, rows: Int32Array, to: T): T {
  let at = 0;
  for (const row of rows) {
    const run = from.subarray((starts[row] ?? 0) * width, (starts[row + 1] ?? 0) * width);
    to.set(run, at);
    at += run.length;
  }
  return to;
}
