export { anovaF, classMoments, highest } from './anova.js';
export { type Cell, suppressCells } from './cells.js';
export { type CohortStatistics, checkMissing, cohortStatistics, readCohort } from './cohort.js';
export {
  type CombatMean,
  type CombatModel,
  type CombatSums,
  combatSums,
  type Matrix,
  pooledVariance,
  residualSquares,
  solveCombat,
} from './combat.js';
export { adjust, type CombatBatch, type CombatOptions, combatLocal } from './combat-batch.js';
export { foldCohort, poolMoments, scaledBy } from './fold.js';
export { releasable } from './leave-out.js';
export { type GridPlace, gridCounts, type MedianGrid, medianOf } from './median-grid.js';
export { type Moments, mergeMoments, momentsOf, noMoments, sampleDeviation } from './moments.js';
export {
  encodePreparation,
  fittedOf,
  type PreparationState,
  preparationState,
  readPreparation,
} from './preparation-state.js';
export { readScale, type ScaleStatistics, scaleStatistics } from './scale.js';
export {
  type Asked,
  checkStatistics,
  combatModel,
  featuresBefore,
  fittedStain,
  foldStatistics,
  type GridStatistics,
  type GroupStatistics,
  gridPlaces,
  imputedValues,
  openFold,
  type StainStatistics,
  type StatisticsBlob,
  type StatisticsFold,
} from './steps/index.js';
