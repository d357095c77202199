import { type Contract, featureList } from '../contract/index.js';
import { fail } from '../errors/index.js';
import type { CohortStatistics } from './cohort.js';
import { type Moments, mergeMoments, noMoments, sampleDeviation } from './moments.js';
import type { PreparationState } from './preparation-state.js';
import type { ScaleStatistics } from './scale.js';

/**
 * All sites' cohorts to the first preparation state.
 * Features: the contract's list as listed; for `common` those that every site has, sorted.
 * @param cohorts checked by `readCohort`, in canonical site order
 * @throws CSM-STATISTICS-NO-FEATURES
 */
export function foldCohort(cohorts: readonly CohortStatistics[], terms: Contract): PreparationState {
  const features = featureList(terms) ?? commonFeatures(cohorts);
  if (features.length === 0) fail('CSM-STATISTICS-NO-FEATURES', { sites: cohorts.length });
  return {
    format: 'consilium-preparation-1',
    features: [...features],
    classCounts: terms.runFile.model.classes.map((_, index) =>
      cohorts.reduce((sum, { classCounts }) => sum + (classCounts[index] ?? 0), 0),
    ),
    samples: cohorts.reduce((sum, { samples }) => sum + samples.train, 0),
    scale: null,
  };
}

/**
 * The state with the mean and sample standard deviation of the pooled training samples.
 * A feature that no site could speak of gets mean 0 and sd 0.
 */
export const scaledBy = (pooled: readonly Moments[], state: PreparationState): PreparationState => ({
  ...state,
  scale: { mean: pooled.map(({ mean }) => mean), sd: pooled.map(sampleDeviation) },
});

/** All sites' moments of each feature as those of the pooled samples; `noMoments` of a feature that no site could speak of. */
export const poolMoments = (sites: readonly ScaleStatistics[], state: PreparationState): readonly Moments[] =>
  sites.reduce(addMoments, nothingPooled(state));

export const nothingPooled = ({ features }: PreparationState): readonly Moments[] => features.map(() => noMoments);

/** The pooled moments with those of one more site. */
export const addMoments = (pooled: readonly Moments[], { n, mean, m2 }: ScaleStatistics): readonly Moments[] =>
  pooled.map((sum, index) => mergeMoments(sum, { n: n[index] ?? 0, mean: mean[index] ?? 0, m2: m2[index] ?? 0 }));

/** Site after site, so that the names of no more than two are held apart. */
function commonFeatures(cohorts: readonly CohortStatistics[]): readonly string[] {
  const [first, ...rest] = cohorts.map(({ features }) => features ?? []);
  const common = rest.reduce((names, own) => (names === own ? names : namesIn(names, new Set(own))), first ?? []);
  return [...common].sort();
}

const namesIn = (names: string[], own: ReadonlySet<string>): string[] => names.filter((name) => own.has(name));
