import type { PreparationName } from '@consilium/shared/contract';
import { cohort } from './cohort.js';
import { combat } from './combat.js';
import { impute } from './impute.js';
import { scale } from './scale.js';
import { select } from './select.js';
import { siteZ } from './site-z.js';
import { stain } from './stain.js';
import type { SiteStep } from './step.js';

export { cohortStatistics } from './cohort.js';
export type { Fitting } from './step.js';

/** The site's half of each step; a new step is a file and a line here, and its other half in shared. */
export const steps: Readonly<Record<PreparationName, SiteStep>> = {
  cohort,
  stain,
  select,
  impute,
  combat,
  'site-z': siteZ,
  scale,
};
