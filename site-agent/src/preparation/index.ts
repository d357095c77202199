import { canonicalBytes } from '@consilium/shared/canonical';
import type { Contract, PreparationName } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import type { PreparationState } from '@consilium/shared/statistics';
import type { Dataset } from '../data/index.js';
import { cohortStatistics } from './cohort.js';
import { scaleStatistics } from './scale.js';

export { applyPreparation, type Prepared } from './apply.js';
export { cohortStatistics } from './cohort.js';
export { type Oversampling, oversample } from './oversample.js';
export { scaleStatistics } from './scale.js';

/** What a preparation step works on. */
export interface PreparationInput {
  readonly dataset: Dataset;
  readonly contract: Contract;
  /** What earlier steps have fixed; null before the first. */
  readonly state: PreparationState | null;
  /** 16 fresh random bytes in base64url: the blob's hash must not be guessable. */
  readonly salt: string;
}

/** One function a step; a new step is a new file and a line here. */
const steps: Readonly<Record<PreparationName, (input: PreparationInput) => object>> = {
  cohort: ({ dataset, contract, salt }) => cohortStatistics(dataset, contract, salt),
  scale: ({ dataset, contract, state, salt }) =>
    scaleStatistics(
      dataset,
      state ?? fail('CSM-STATISTICS-INVALID', { problem: 'scale is asked for before cohort' }),
      contract.runFile.validation.minimumCell,
      salt,
    ),
};

/** This site's statistics for a preparation step, as the blob that leaves the site. */
export const prepare = (step: PreparationName, input: PreparationInput): Uint8Array =>
  canonicalBytes(steps[step](input));
