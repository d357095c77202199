import { readCohort } from '../cohort.js';
import { foldCohort } from '../fold.js';
import { sharedStep } from './step.js';

export const cohort = sharedStep(
  ({ bytes, samples }, { contract }) => readCohort(bytes, { contract, samples }),
  (all, { contract }) => foldCohort(all, contract),
);
