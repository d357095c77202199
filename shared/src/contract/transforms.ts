import { z } from 'zod';
import { fileName } from './file-name.js';

const columns = z.union([z.literal('all'), z.array(z.string().min(1)).min(1)]);

/**
 * A step from raw values to model input, done in the listed order and alike at every site, before imputation and scaling.
 * One key each, so that a run file reads as a list of verbs.
 */
export const transform = z.union([
  /** ln(1 + x) of the named columns; x below 0 counts as missing. */
  z.strictObject({ log1p: columns }),
  /** log2(1 + x) of the named columns; x below 0 counts as missing. */
  z.strictObject({ log2p1: columns }),
  /** A column that some sites hold in another unit: values below a bound are multiplied. */
  z.strictObject({
    unit: z.strictObject({ column: z.string().min(1), below: z.number(), multiplyBy: z.number().positive() }),
  }),
  /** Values outside [low, high] are set to the nearer bound. */
  z.strictObject({
    clip: z
      .strictObject({ columns, low: z.number().optional(), high: z.number().optional() })
      .refine((range) => (range.low ?? -Infinity) < (range.high ?? Infinity), 'low must be below high'),
  }),
  /** log2(x) of the named columns; x of 0 or below counts as missing. */
  z.strictObject({ log2: columns }),
  /** ln(x), or ln(floor) where x is below it; x below 0 counts as missing. */
  z.strictObject({ ln: z.strictObject({ columns, floor: z.number().positive() }) }),
  /** 2^x − minus, not below 0: takes log2(value + minus) back. */
  z.strictObject({ unlog2: z.strictObject({ columns, minus: z.number().min(0).default(0) }) }),
  /** Each value's share of its row's total over the named columns. */
  z.strictObject({ share: columns }),
  /** Each row brought to this total over all columns of its table, features of the run or not. */
  z.strictObject({ perCell: z.number().positive() }),
  /** Read counts to transcripts per million, by the gene lengths of a file beside the run file. */
  z.strictObject({ tpm: z.strictObject({ lengths: fileName }) }),
  /** FPKM to transcripts per million. */
  z.strictObject({ tpmFromFpkm: z.literal('all') }),
]);

export type Transform = z.infer<typeof transform>;

/** The columns that transforms name one by one. */
export function transformedColumns(transforms: readonly Transform[]): readonly string[] {
  return transforms.flatMap((step) => {
    if ('unit' in step) return [step.unit.column];
    const named = columnsOf(step);
    return named === 'all' ? [] : named;
  });
}

function columnsOf(step: Exclude<Transform, { unit: unknown }>): 'all' | readonly string[] {
  if ('log1p' in step) return step.log1p;
  if ('log2p1' in step) return step.log2p1;
  if ('log2' in step) return step.log2;
  if ('share' in step) return step.share;
  if ('clip' in step) return step.clip.columns;
  if ('ln' in step) return step.ln.columns;
  if ('unlog2' in step) return step.unlog2.columns;
  return 'all';
}

/** Whether a transform needs every column of a row, features of the run or not: a total over a panel is another than that over all genes. */
export const needsWholeRows = (transforms: readonly Transform[]): boolean =>
  transforms.some((step) => 'perCell' in step || 'tpm' in step || 'tpmFromFpkm' in step);

/** Files beside the run file that transforms name. */
export const transformFiles = (transforms: readonly Transform[]): readonly string[] =>
  transforms.flatMap((step) => ('tpm' in step ? [step.tpm.lengths] : []));
