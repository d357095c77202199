import { type CohortStatistics, readCohort } from '../cohort.js';
import { foldCohort } from '../fold.js';
import type { SharedStep } from './step.js';

export const cohort: SharedStep = {
  open({ contract }) {
    const all: CohortStatistics[] = [];
    return {
      add({ bytes, samples }) {
        all.push(withNamesOf(all[0], readCohort(bytes, { contract, samples })));
      },
      finish: () => foldCohort(all, contract),
    };
  },
};

/** A whole genome has megabytes of names: where all sites have the same, they are held once. */
function withNamesOf(first: CohortStatistics | undefined, own: CohortStatistics): CohortStatistics {
  const names = first?.features ?? null;
  const isSame = names?.length === own.features?.length && names?.every((name, at) => name === own.features?.[at]);
  return isSame ? { ...own, features: names } : own;
}
