import type { PreparationName } from '../../contract/index.js';
import type { PreparationState } from '../preparation-state.js';
import { cohort } from './cohort.js';
import { combat } from './combat.js';
import { impute } from './impute.js';
import { scale } from './scale.js';
import { select } from './select.js';
import { siteZ } from './site-z.js';
import { stain } from './stain.js';
import type { Asked, SharedStep, StatisticsBlob, StatisticsFold } from './step.js';

export { combatModel } from './combat.js';
export type { GroupStatistics } from './group-moments.js';
export { type GridStatistics, gridPlaces, imputedValues } from './impute.js';
export { featuresBefore } from './select.js';
export { fittedStain, type StainStatistics } from './stain.js';
export type { Asked, StatisticsBlob, StatisticsFold } from './step.js';

/** The coordinator's half of each step; a new step is a file and a line here, and its other half at the site. */
const steps: Readonly<Record<PreparationName, SharedStep>> = {
  cohort,
  stain,
  select,
  impute,
  combat,
  'site-z': siteZ,
  scale,
};

/** Opens the fold of one pass of a step. */
export const openFold = (name: PreparationName, asked: Asked): StatisticsFold => steps[name].open(asked);

/** Refuses one site's statistics that are not what was asked for. @throws CSM-STATISTICS-*, CSM-COHORT-*, CSM-DATA-* */
export const checkStatistics = (name: PreparationName, blob: StatisticsBlob, asked: Asked): void =>
  openFold(name, asked).add(blob);

/** All sites' statistics of one pass, in canonical site order, to the next state of the preparation. */
export function foldStatistics(
  name: PreparationName,
  blobs: readonly StatisticsBlob[],
  asked: Asked,
): PreparationState {
  const fold = openFold(name, asked);
  for (const blob of blobs) fold.add(blob);
  return fold.finish();
}
