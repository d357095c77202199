import type { InputShape } from '@consilium/shared/contract';

/** Each sample a row of numbers; NaN where one is missing, which preparation ends. */
export interface DenseRows {
  readonly kind: 'rows';
  readonly rows: number;
  readonly width: number;
  /** [rows, width], row-major. */
  readonly values: Float32Array;
}

/** Rows that are mostly 0, as counts of single cells are (CSR): row r holds the entries starts[r] … starts[r + 1]. */
export interface SparseRows {
  readonly kind: 'sparse';
  readonly rows: number;
  readonly width: number;
  /** [rows + 1] */
  readonly starts: Int32Array;
  /** Of each entry; a row's in any order, none twice. */
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

export interface Images {
  readonly kind: 'images';
  readonly rows: number;
  readonly side: number;
  /** [rows, side, side, 3], RGB. */
  readonly pixels: Uint8Array;
}

/** Each sample a bag of vectors: bag b holds the vectors starts[b] … starts[b + 1]. */
export interface Bags {
  readonly kind: 'bags';
  readonly rows: number;
  readonly width: number;
  /** [rows + 1] */
  readonly starts: Int32Array;
  /** [vectors, width], row-major. */
  readonly values: Float32Array;
}

/** What networks look at, one kind at a time. In memory of the process, not of a device. */
export type Samples = DenseRows | SparseRows | Images | Bags;

/** Further facts of each sample; NaN where one is not known: untested is not negative. */
export interface Side {
  readonly width: number;
  /** [rows, width], row-major. */
  readonly values: Float32Array;
}

/** Samples with what is known of them. */
export interface LabelledSamples {
  readonly rows: number;
  readonly input: Samples;
  /** Class index of each row; −1 where it is not known. */
  readonly y: Int32Array;
  /** Whose sample each row is: a number that means something on this machine only. */
  readonly patients: Int32Array;
  /** Index of each row's group among those of the run, −1 where it is not known; null where the run has none. */
  readonly groups: Int32Array | null;
  /** Tables beside the input, by name. */
  readonly sides: Readonly<Record<string, Side>>;
}

/** Samples of which no more is known: each row a patient of its own. */
export const labelled = (input: Samples, y: Int32Array): LabelledSamples => ({
  rows: input.rows,
  input,
  y,
  patients: Int32Array.from(y.keys()),
  groups: null,
  sides: {},
});

/** What a network for these samples is built from. */
export function shapeOf({ input, sides }: Pick<LabelledSamples, 'input' | 'sides'>): InputShape {
  switch (input.kind) {
    case 'rows':
    case 'sparse':
      return { kind: 'rows', width: input.width };
    case 'images':
      return { kind: 'images', side: input.side };
    case 'bags': {
      const widths = Object.entries(sides).map(([name, { width }]) => [name, width] as const);
      return { kind: 'bags', width: input.width, sides: Object.fromEntries(widths) };
    }
    default:
      throw new TypeError(`unknown samples ${input satisfies never}`);
  }
}
