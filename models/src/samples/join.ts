import { runLength, startsOf } from './runs.js';
import type { LabelledSamples, Samples, Side } from './samples.js';

/** Samples of one form, one part after the other. A patient number or group of one part means the same in all. */
export function join(parts: readonly LabelledSamples[]): LabelledSamples {
  const [first] = parts;
  if (first === undefined) throw new RangeError('no samples to join');
  const groups =
    first.groups === null
      ? null
      : joined(
          parts.map((part) => part.groups ?? refuse()),
          Int32Array,
        );
  return {
    rows: sum(parts.map(({ rows }) => rows)),
    input: joinInputs(
      first.input,
      parts.map(({ input }) => input),
    ),
    y: joined(
      parts.map(({ y }) => y),
      Int32Array,
    ),
    patients: joined(
      parts.map(({ patients }) => patients),
      Int32Array,
    ),
    groups,
    sides: Object.fromEntries(
      Object.entries(first.sides).map(([name, { width }]) => [
        name,
        joinSides(
          width,
          parts.map(({ sides }) => sides[name]),
        ),
      ]),
    ),
  };
}

function joinInputs(first: Samples, all: readonly Samples[]): Samples {
  const rows = sum(all.map((input) => input.rows));
  switch (first.kind) {
    case 'rows': {
      const same = all.map((input) => (input.kind === 'rows' && input.width === first.width ? input : refuse()));
      return {
        ...first,
        rows,
        values: joined(
          same.map(({ values }) => values),
          Float32Array,
        ),
      };
    }
    case 'images': {
      const same = all.map((input) => (input.kind === 'images' && input.side === first.side ? input : refuse()));
      return {
        ...first,
        rows,
        pixels: joined(
          same.map(({ pixels }) => pixels),
          Uint8Array,
        ),
      };
    }
    case 'sparse': {
      const same = all.map((input) => (input.kind === 'sparse' && input.width === first.width ? input : refuse()));
      return {
        ...first,
        rows,
        starts: joinStarts(same),
        columns: joined(
          same.map(({ columns }) => columns),
          Int32Array,
        ),
        values: joined(
          same.map(({ values }) => values),
          Float32Array,
        ),
      };
    }
    case 'bags': {
      const same = all.map((input) => (input.kind === 'bags' && input.width === first.width ? input : refuse()));
      return {
        ...first,
        rows,
        starts: joinStarts(same),
        values: joined(
          same.map(({ values }) => values),
          Float32Array,
        ),
      };
    }
    default:
      throw new TypeError(`unknown samples ${first satisfies never}`);
  }
}

const joinStarts = (all: readonly { readonly rows: number; readonly starts: Int32Array }[]): Int32Array =>
  startsOf(all.flatMap(({ rows, starts }) => Array.from({ length: rows }, (_, row) => runLength(starts, row))));

const joinSides = (width: number, all: readonly (Side | undefined)[]): Side => ({
  width,
  values: joined(
    all.map((side) => (side?.width === width ? side.values : refuse())),
    Float32Array,
  ),
});

type Numbers = Float32Array | Int32Array | Uint8Array;

function joined<T extends Numbers>(parts: readonly T[], Kind: new (length: number) => T): T {
  const whole = new Kind(sum(parts.map(({ length }) => length)));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const refuse = (): never => {
  throw new TypeError('samples of two forms do not join');
};
