import { z } from 'zod';
import { canonicalBytes } from '../canonical.js';
import type { PreparationName } from '../contract/index.js';
import { count, featureNames, finite, readJson, refuse } from './reading.js';

/** What the preparation steps have fixed for all sites: the model's features in order, and how they are scaled. */
export const preparationState = z.strictObject({
  format: z.literal('consilium-preparation-1'),
  features: featureNames.min(1),
  /** Training samples of each class over all sites, without the cells that sites withheld. */
  classCounts: z.array(count),
  /** Training samples over all sites. */
  samples: count,
  /** Per feature; null before `prepare:scale`. sd = 0 marks a feature that carries nothing: it becomes 0. */
  scale: z.strictObject({ mean: z.array(finite), sd: z.array(finite.min(0)) }).nullable(),
  /** What further steps have fitted, by the step's name; each reads its own. */
  fitted: z.record(z.string(), z.json()).exactOptional(),
});
export type PreparationState = z.infer<typeof preparationState>;

/** What a step has fitted, by the step's own schema. @throws CSM-STATISTICS-INVALID where it has not, or something else */
export function fittedOf<Schema extends z.ZodType>(
  { fitted }: PreparationState,
  name: PreparationName,
  schema: Schema,
): z.output<Schema> {
  const result = schema.safeParse(fitted?.[name]);
  return result.success ? result.data : refuse(`the preparation holds no ${name} as agreed`);
}

/** The state's blob. */
export const encodePreparation = (state: PreparationState): Uint8Array => canonicalBytes(state);

/** Reads the state's blob. @throws CSM-STATISTICS-INVALID */
export function readPreparation(bytes: Uint8Array): PreparationState {
  const state = readJson(bytes, preparationState);
  const { features, scale } = state;
  if (new Set(features).size !== features.length) refuse('a feature stands twice');
  if (scale && (scale.mean.length !== features.length || scale.sd.length !== features.length)) {
    refuse('mean and sd have not one entry for each feature');
  }
  return state;
}
