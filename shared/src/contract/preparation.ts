import { z } from 'zod';
import { imagePreparation } from './image-preparation.js';

const features = z.int().min(1).max(1_000_000);
/** Features that are hardly ever read are no candidates: fewer than `minimumShare` of the known values are above `above`. */
const candidates = {
  minimumShare: z.number().min(0).max(1).exactOptional(),
  above: z.number().exactOptional(),
};
const select = z
  .union([z.strictObject({ anova: features, ...candidates }), z.strictObject({ variance: features, ...candidates })])
  .refine(({ minimumShare, above }) => (minimumShare === undefined) === (above === undefined), {
    message: 'minimumShare and above go together',
  });

/** From values to model input. Settings that came after the first contracts were signed have no default here. */
export const preparation = z
  .strictObject({
    /** How images are corrected; not at all where left out. */
    image: imagePreparation.exactOptional(),
    /** Only so many features go on: those that differ most between the classes, or those that vary most. */
    select: select.exactOptional(),
    /** What a missing value becomes: the mean or the median over all hospitals, or zero after scaling. */
    impute: z.enum(['mean', 'median', 'zero']).default('mean'),
    /** Takes off what is the hospital's own in the values: ComBat over all hospitals, or a z-score within each. */
    harmonise: z.enum(['combat', 'siteZ']).exactOptional(),
    /** Per-feature z-score with the mean and variance over all hospitals; divided by the deviation alone, which leaves 0 as it is; or none. */
    scale: z.enum(['federated', 'unit', 'none']).default('federated'),
    /** Scaled values are limited to ± this. */
    clip: z.number().positive().default(10),
    /**
     * Adds training samples to each class until all have as many as the largest, at each hospital and in training alone. `beforeSplit` has
     * each sample of the smaller classes twice before the cohort is split, as was published: no figure of such a run says what it is worth.
     */
    oversample: z
      .strictObject({
        method: z.enum(['smote', 'duplicate']),
        neighbours: z.int().min(1).max(100).exactOptional(),
        when: z.enum(['training', 'beforeSplit']).exactOptional(),
      })
      .exactOptional(),
  })
  .refine(({ impute, harmonise }) => harmonise !== 'combat' || impute !== 'zero', {
    path: ['impute'],
    message: 'ComBat compares values as they were measured, where zero is one of them: mean or median',
  })
  .prefault({});

/** Oversampling as a run file has it. */
interface Terms {
  readonly oversample?: z.output<typeof preparation>['oversample'];
}

/** Whether copies are made before the cohort is split, so that they lie in training and test alike. */
export const copiesBeforeSplit = ({ oversample }: Terms): boolean => oversample?.when === 'beforeSplit';

/** Why no figure of a run may be shown as what its model is worth, in a sentence; null where they may. */
export const caveatOf = ({ preparation }: { readonly preparation: Terms }): string | null =>
  copiesBeforeSplit(preparation)
    ? 'Oversampled before the split: copies of training patients are tested; not a measure of performance.'
    : null;

/** How training samples are added; null where none are. */
export interface Oversampling {
  readonly method: 'smote' | 'duplicate';
  /** Near samples of its class that `smote` chooses from. */
  readonly neighbours: number;
}

/** What `preparation.oversample` asks of training, its defaults filled in. */
export const oversamplingOf = ({ oversample }: Terms): Oversampling | null =>
  oversample === undefined || oversample.when === 'beforeSplit'
    ? null
    : { method: oversample.method, neighbours: oversample.neighbours ?? 5 };
