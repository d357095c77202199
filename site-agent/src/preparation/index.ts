import { canonicalBytes } from '@consilium/shared/canonical';
import { type PreparationName, preparationName } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { applyPreparation } from './apply.js';
import { type Fitting, steps } from './steps/index.js';

export { applyPreparation, fitsHere, type Prepared } from './apply.js';
export { commonFeatures } from './common-features.js';
export { oversample } from './oversample.js';
export { cohortStatistics } from './steps/index.js';

/** What a preparation step works on: the cohort as it was read. */
export type PreparationInput = Fitting;

/** This site's statistics for one pass of a preparation step, as the blob that leaves the site. @throws CSM-STATISTICS-INVALID, CSM-DATA-CHANGED */
export function prepare(name: PreparationName, input: PreparationInput): Uint8Array {
  const { dataset, contract, state } = input;
  const [first] = preparationName.options;
  if (state === null && name !== first) {
    fail('CSM-STATISTICS-INVALID', { problem: `${name} is asked for before ${first}` });
  }
  const before = state === null ? {} : applyPreparation(dataset, state, contract.runFile, name);
  return canonicalBytes(steps[name].fit({ ...input, dataset: { ...dataset, ...before } }));
}
