export { type Cell, suppressCells } from './cells.js';
export { type CohortStatistics, checkMissing, cohortStatistics, readCohort } from './cohort.js';
export { foldCohort, foldScale } from './fold.js';
export { type Moments, mergeMoments, momentsOf, noMoments, sampleDeviation } from './moments.js';
export { encodePreparation, type PreparationState, preparationState, readPreparation } from './preparation-state.js';
export { readScale, type ScaleStatistics, scaleStatistics } from './scale.js';
