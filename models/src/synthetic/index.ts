export type { AmlCohort, AmlCohortOptions, SyntheticSite, Table } from './aml-cohort.js';
export { amlCohort } from './aml-cohort.js';
export { type DiscOptions, discs } from './discs.js';
export {
  type InteractionOptions,
  type InteractionPatients,
  type InteractionSite,
  interactions,
} from './interactions.js';
export {
  bloodLineages,
  type Lineage,
  type LineageCells,
  type LineageCellsOptions,
  type LineageSite,
  lineageCells,
} from './lineages.js';
export { type PhenotypeOptions, phenotypes } from './phenotypes.js';
export { amlSubtypes, skewedShares } from './subtypes.js';
