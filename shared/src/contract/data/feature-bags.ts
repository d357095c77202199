import { z } from 'zod';
import { fileName } from '../file-name.js';
import { checkSampleColumns, column, sampleTerms } from './common.js';

/** Findings of the same patients, to align with: karyotypes, mutations or both. */
const genetics = z
  .strictObject({
    /** Column with karyotypes (ISCN), and a file beside the run file with the bands that they are told by, one a line. */
    karyotype: z.strictObject({ column, bands: z.strictObject({ file: fileName }) }).exactOptional(),
    /** Columns of 1, 0 or nothing: has it, has it not, was not tested. */
    mutations: z
      .strictObject({
        genes: z
          .array(column)
          .min(1)
          .max(10_000)
          .refine((names) => new Set(names).size === names.length, 'each gene once'),
      })
      .exactOptional(),
  })
  .refine(
    ({ karyotype, mutations }) => karyotype !== undefined || mutations !== undefined,
    'must name karyotype or mutations',
  );

/** A bag of feature vectors a patient, made by the hospital's own encoder. */
export const featureBags = z
  .strictObject({
    kind: z.literal('feature-bags'),
    ...sampleTerms,
    /** Numbers of one vector. */
    width: z.int().min(1).max(65_536),
    /** A bag with fewer vectors is set aside. */
    minimumCells: z.int().min(1).default(1),
    /** Column with the path of each bag, below the site's folder; left out where `files.features` holds all bags. */
    file: column.exactOptional(),
    genetics: genetics.exactOptional(),
    /** File names that a site's folder holds unless its own configuration says otherwise. */
    files: z.strictObject({
      samples: fileName,
      /** One file (.h5, .safetensors) with an entry for each sample, by its id. */
      features: fileName.optional(),
      split: fileName.optional(),
    }),
  })
  .superRefine(({ file, files, ...terms }, context) => {
    checkSampleColumns(terms, context);
    if ((file === undefined) === (files.features === undefined)) {
      const message =
        'give either file, the column with the path of each bag, or files.features, one file with all of them';
      context.addIssue({ code: 'custom', path: ['file'], message });
    }
  });
export type FeatureBags = z.output<typeof featureBags>;

/**
 * What a preparation calls the numbers of a bag and of the findings beside it, in the order of `inputOf`.
 * @param bands of the karyotypes; none where the run has no karyotypes
 */
export const bagFeatures = ({ width, genetics }: FeatureBags, bands: readonly string[]): readonly string[] => [
  ...Array.from({ length: width }, (_, index) => `v${index + 1}`),
  ...['loss', 'gain', 'fusion'].flatMap((kind) => bands.map((band) => `${kind} ${band}`)),
  ...(genetics?.mutations?.genes ?? []).map((gene) => `mutation ${gene}`),
];

/** How wide the tables beside a bag are. @param features as many as `bagFeatures` names */
export function bagSides({ width, genetics }: FeatureBags, features: number): Readonly<Record<string, number>> {
  const mutations = genetics?.mutations?.genes.length ?? 0;
  return {
    ...(genetics?.karyotype && { karyotype: features - width - mutations }),
    ...(genetics?.mutations && { mutations }),
  };
}
