export type { AmlCohort, AmlCohortOptions, SyntheticSite, Table } from './aml-cohort.js';
export { amlCohort } from './aml-cohort.js';
export { amlSubtypes, skewedShares } from './subtypes.js';
