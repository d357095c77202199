import { z } from 'zod';
import { figure } from './figure.js';
import { scoreNames } from './measures.js';

const share = z.number().min(-1).max(1);

/** A 95 % confidence interval. */
export const interval = z
  .strictObject({ low: share, high: share, method: z.enum(['wilson', 'bootstrap', 'delong']) })
  .refine(({ low, high }) => low <= high, 'low above high');

/** A score as it is shown: null where it has no meaning. */
export const releasedScore = z.strictObject({ value: figure.nullable(), interval: interval.nullable() });
export type ReleasedScore = z.infer<typeof releasedScore>;

/** The figures of one set of predictions by name. */
export const releasedScores = z.record(z.enum(scoreNames), releasedScore);

/** What is said of one class. */
export const releasedRates = z.strictObject({
  class: z.string().min(1).max(128),
  precision: figure.nullable(),
  recall: figure.nullable(),
  f1: figure.nullable(),
  auc: figure.nullable(),
});

/** Measures in which every count of too few patients is withheld. This form may leave a site. */
export const releasedMeasures = z
  .strictObject({
    n: z.int().min(0),
    scores: releasedScores,
    perClass: z
      .array(
        z.strictObject({
          ...releasedRates.shape,
          support: figure,
          aucInterval: interval.nullable(),
        }),
      )
      .min(2)
      .max(1000),
    confusion: z.strictObject({
      /** Rows: true class; columns: predicted class; in the order of perClass. */
      cells: z.array(z.array(figure)),
      /** Totals of the columns. */
      predicted: z.array(figure),
    }),
    reliability: z.array(
      z.strictObject({
        low: z.number().min(0).max(1),
        high: z.number().min(0).max(1),
        count: figure,
        accuracy: figure.nullable(),
        confidence: figure.nullable(),
      }),
    ),
  })
  .refine(
    ({ perClass, confusion }) =>
      [confusion.cells, confusion.predicted, ...confusion.cells].every((line) => line.length === perClass.length),
    { message: 'a confusion matrix of another size than the list of classes', path: ['confusion'] },
  );
export type ReleasedMeasures = z.infer<typeof releasedMeasures>;
