import { z } from 'zod';
import { siteId } from '../ids.js';
import { transform, transformedColumns } from './transforms.js';

const name = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'lower case letters, digits and inner hyphens');
const column = z.string().min(1).max(256);
const fileName = z
  .string()
  .regex(/^[^/\\\0]{1,128}$/, 'a file name without folders')
  .refine((text) => text !== '.' && text !== '..', 'a file name without folders');

/** A length of time as text: `500ms`, `30s`, `10m`, `2h`. */
const duration = z.string().regex(/^[1-9]\d*(?:ms|s|m|h)$/, 'a number and ms, s, m or h');

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** A duration of a run file in milliseconds. */
export function milliseconds(text: string): number {
  const [, count, unit] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
  return Number(count) * unitMs[unit as keyof typeof unitMs];
}

const model = z.strictObject({
  family: name,
  preset: z.enum(['paper', 'small']).default('paper'),
  /** The label values, in index order. Rows with another label are left out and counted. */
  classes: z
    .array(z.string().min(1).max(128))
    .min(2)
    .max(1000)
    .refine((classes) => new Set(classes).size === classes.length, 'each class once'),
  /** Settings of the family, checked by its own schema. */
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
});

const features = z
  .array(column)
  .min(1)
  .refine((names) => new Set(names).size === names.length, 'each feature once');

const data = z
  .strictObject({
    kind: z.literal('expression-table'),
    /** Column that names a sample; joins the feature table with the sample table and the split. */
    id: column.default('sample'),
    /** Column that names a patient, when one patient has several samples; the sample itself otherwise. */
    patient: column.optional(),
    label: column,
    /** `common`: the numeric columns that every site has; a list; or a text file beside the run file, one name a line. */
    features: z.union([z.literal('common'), features, z.strictObject({ file: fileName })]).default('common'),
    /** Share of listed features that a site may lack before it is refused. */
    missingFeatures: z.number().min(0).max(1).default(0.1),
    /** File names that a site's folder holds unless its own configuration says otherwise. */
    files: z.strictObject({
      features: z.union([fileName, z.array(fileName).min(1)]),
      samples: fileName.optional(),
      split: fileName.optional(),
    }),
    /** Share of patients held out for the final test where a site has no split file. */
    testShare: z.number().min(0).max(0.9).default(0.2),
    transforms: z.array(transform).default([]),
  })
  .superRefine((terms, context) => {
    const refuse = (path: readonly (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path: [...path], message });
    if (terms.label === terms.id) refuse(['label'], 'must be another column than id');
    if (!Array.isArray(terms.features)) return;
    const listed = new Set(terms.features);
    for (const key of ['id', 'patient', 'label'] as const) {
      const name = terms[key];
      if (name !== undefined && listed.has(name)) refuse(['features'], `must not list ${name}, the ${key} column`);
    }
    for (const [index, step] of terms.transforms.entries()) {
      const stray = transformedColumns([step]).find((name) => !listed.has(name));
      if (stray !== undefined) refuse(['transforms', index], `names ${stray}, which is not among data.features`);
    }
  });

const preparation = z
  .strictObject({
    /** What a missing value becomes: the mean over all hospitals, or zero after scaling. */
    impute: z.enum(['mean', 'zero']).default('mean'),
    /** Per-feature z-score with the mean and variance over all hospitals, or none. */
    scale: z.enum(['federated', 'none']).default('federated'),
    /** Scaled values are limited to ± this. */
    clip: z.number().positive().default(10),
  })
  .prefault({});

const optimizer = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('adam'), rate: z.number().positive(), weightDecay: z.number().min(0).default(0) }),
  z.strictObject({
    name: z.literal('sgd'),
    rate: z.number().positive(),
    momentum: z.number().min(0).lt(1).default(0),
    weightDecay: z.number().min(0).default(0),
  }),
]);

const training = z.strictObject({
  strategy: z
    .strictObject({
      name: z.literal('fedavg').default('fedavg'),
      /** Largest L2 norm of an update (new minus old weights); a larger one is refused. */
      normBound: z.number().positive().default(1e6),
    })
    .prefault({}),
  rounds: z.int().min(1).max(100_000),
  localEpochs: z.int().min(1).max(1000).default(1),
  batchSize: z.int().min(1).max(65_536).default(32),
  optimizer,
  /** `none`, or `sqrt`: class weights ∝ 1/√n over all hospitals, mean 1. */
  classWeights: z.enum(['none', 'sqrt']).default('none'),
});

const participation = z
  .strictObject({
    /** Sites without which no step counts. */
    required: z.array(siteId).default([]),
    /** Fewest sites that a step needs; all admitted sites when left out. */
    quorum: z.int().min(1).optional(),
    /** Least share of the training samples that a training step needs. */
    minimumSampleShare: z.number().min(0).max(1).default(0),
    /** A site without any progress for this long counts as missing from the step. */
    idleLimit: duration.default('10m'),
  })
  .prefault({});

const validation = z
  .strictObject({
    /** Share of each site's training patients kept for judging rounds. 0: the last model is the result. */
    share: z.number().min(0).max(0.5).default(0.15),
    everyRounds: z.int().min(1).default(1),
    /** What decides which round's model is the result, pooled over validation patients. */
    choose: z.enum(['loss', 'macroF1', 'balancedAccuracy', 'accuracy']).default('loss'),
    /** No figure about fewer patients than this leaves a site. */
    minimumCell: z.int().min(1).default(5),
    /** A site with fewer training patients neither sends statistics nor trains. */
    minimumCohort: z.int().min(1).default(5),
    /** Bootstrap draws for intervals in the final report. */
    bootstrap: z.int().min(0).max(10_000).default(1000),
  })
  .prefault({});

/** The run file: everything that decides what a run computes, where and with whom. */
export const runFile = z.strictObject({
  name,
  description: z.string().max(2000).optional(),
  model,
  data,
  preparation,
  training,
  participation,
  validation,
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(7),
});

/** A run file as read, defaults filled in. Reading it again gives the same. */
export type RunFile = z.output<typeof runFile>;
