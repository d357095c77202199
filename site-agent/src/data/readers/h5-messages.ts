/** What is asked of the thread that reads HDF5; paths begin at the file's root, parts joined by `/`. */
export type H5Question =
  | { readonly ask: 'open'; readonly path: string }
  | { readonly ask: 'close' }
  /** What lies at a place. */
  | { readonly ask: 'entity'; readonly place: string }
  /** The datasets of a group, each with its name. */
  | { readonly ask: 'datasets'; readonly place: string }
  /** Rows `from` … `to` of a dataset of numbers, row-major. */
  | { readonly ask: 'numbers'; readonly place: string; readonly from: number; readonly to: number }
  | { readonly ask: 'texts'; readonly place: string; readonly from: number; readonly to: number };

export interface H5Dataset {
  readonly kind: 'dataset';
  readonly shape: readonly number[];
  /** `truths`: a true or false of one byte, 1 or 0. Float16 is `other`: the library cannot read it. */
  readonly holds: 'floats' | 'integers' | 'truths' | 'texts' | 'other';
  /** Bytes of one value. */
  readonly bytes: number;
  /** Rows that are stored, and so unpacked, together. */
  readonly chunkRows: number;
  /** The first compression that this library lacks. */
  readonly foreignCodec: string | null;
}

export interface H5Group {
  readonly kind: 'group';
  readonly names: readonly string[];
}

/** Attributes that are short texts or short lists of whole numbers; others are left out. */
export type H5Attributes = Readonly<Record<string, string | readonly number[]>>;

export type H5Entity = (H5Dataset | H5Group) & { readonly attributes: H5Attributes };

export interface H5Answers {
  readonly open: null;
  readonly close: null;
  readonly entity: H5Entity | null;
  readonly datasets: readonly (H5Dataset & { readonly name: string })[];
  readonly numbers: Float64Array;
  readonly texts: readonly string[];
}

/** One question at a time; `problem` where there is no answer. */
export type H5Reply = { readonly answer: H5Answers[H5Question['ask']] } | { readonly problem: string };

/** Most bytes that are read at once. */
export const blockBytes = 64 * 2 ** 20;
