import { z } from 'zod';

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
]);

export type Transform = z.infer<typeof transform>;

/** The columns that transforms name one by one. */
export function transformedColumns(transforms: readonly Transform[]): readonly string[] {
  return transforms.flatMap((step) => {
    if ('unit' in step) return [step.unit.column];
    const named = 'clip' in step ? step.clip.columns : 'log1p' in step ? step.log1p : step.log2p1;
    return named === 'all' ? [] : named;
  });
}
