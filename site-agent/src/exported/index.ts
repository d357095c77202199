export { type CohortWanted, loadCohort } from './cohort.js';
export { type Exported, readExport } from './read-export.js';
