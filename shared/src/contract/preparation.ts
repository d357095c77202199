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
    /** Adds training samples to each class until all have as many as the largest, at each hospital and in training alone. */
    oversample: z
      .strictObject({ method: z.enum(['smote', 'duplicate']), neighbours: z.int().min(1).max(100).exactOptional() })
      .exactOptional(),
  })
  .refine(({ impute, harmonise }) => harmonise !== 'combat' || impute !== 'zero', {
    path: ['impute'],
    message: 'ComBat compares values as they were measured, where zero is one of them: mean or median',
  })
  .prefault({});

/** How training samples are added; null where none are. */
export interface Oversampling {
  readonly method: 'smote' | 'duplicate';
  /** Near samples of its class that `smote` chooses from. */
  readonly neighbours: number;
}

/** What `preparation.oversample` asks for, its defaults filled in. */
export const oversamplingOf = ({
  oversample,
}: {
  readonly oversample?: z.output<typeof preparation>['oversample'];
}): Oversampling | null => (oversample === undefined ? null : { neighbours: 5, ...oversample });
