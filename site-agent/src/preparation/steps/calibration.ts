import type { RunFile } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import type { Part } from '../../data/index.js';

/** The samples that something of the site's own is fitted to. @throws CSM-EVALUATE-CALIBRATION for too few patients, as a new hospital may have */
export function calibrationSample(training: Part, { validation: { minimumCohort } }: RunFile): Part {
  const patients = new Set(training.patients).size;
  return patients >= minimumCohort ? training : fail('CSM-EVALUATE-CALIBRATION', { minimum: minimumCohort });
}
