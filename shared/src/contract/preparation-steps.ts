import { z } from 'zod';
import type { RunFile } from './run-file.js';

/**
 * `cohort`: counts and feature names; `stain`: the stain that images are brought to; `select`: which features go on; `impute`: what missing values become; `combat` and `site-z`: what is
 * a hospital's own is taken off; `scale`: n, mean and M2 of each feature. In the order in which they are done.
 */
export const preparationName = z.enum(['cohort', 'stain', 'select', 'impute', 'combat', 'site-z', 'scale']);
export type PreparationName = z.output<typeof preparationName>;

/** How often sites are asked for a step; 0 where the run does not need it, or each site does it alone. */
export function passesOf(name: PreparationName, run: RunFile): number {
  const { image, select, impute, harmonise } = run.preparation;
  switch (name) {
    case 'cohort':
      return 1;
    case 'stain':
      return image?.stain === 'federated' ? 1 : 0;
    case 'select':
      return select === undefined ? 0 : 1;
    case 'impute':
      return impute === 'median' ? 2 : imputesMean(run) ? 1 : 0;
    case 'combat':
      return harmonise === 'combat' ? 2 : 0;
    case 'site-z':
      return 0;
    case 'scale':
      return isRows(run) ? 1 : 0;
    default:
      return name satisfies never;
  }
}

/** Whether samples are rows of numbers, which alone are scaled. */
const isRows = ({ data }: Pick<RunFile, 'data'>): boolean => data.kind === 'expression-table' || data.kind === 'cells';

/** Whether missing values become means before scaling, which has the same means where nothing changes values in between. */
const imputesMean = ({ preparation: { impute, harmonise } }: RunFile): boolean =>
  impute === 'mean' && harmonise !== undefined;
