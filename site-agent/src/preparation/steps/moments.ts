import { asRows, eachColumn } from '@consilium/models/samples';
import { type Moments, momentsOf, noMoments, type ScaleStatistics } from '@consilium/shared/statistics';
import type { Part } from '../../data/index.js';
import type { Fitting } from './step.js';

/**
 * n, mean and M2 of each feature over this site's training samples. A feature known of fewer than `minimumCell` patients is left
 * out (n = 0).
 */
export function momentStatistics({ dataset, contract, salt }: Fitting): ScaleStatistics {
  const training = dataset.parts.train;
  const { minimumCell } = contract.runFile.validation;
  const patientsKnown = patientCounter(training);
  const moments: Moments[] = [];
  eachColumn(asRows(training.input), (_, values) => {
    moments.push(patientsKnown(values) < minimumCell ? noMoments : momentsOf(values));
  });
  return {
    format: 'consilium-scale-1',
    salt,
    n: moments.map(({ n }) => n),
    mean: moments.map(({ mean }) => mean),
    m2: moments.map(({ m2 }) => m2),
  };
}

/** Counts the patients of whom at least one value is known. */
function patientCounter(part: Part): (values: Float32Array) => number {
  const countedIn = new Int32Array(part.patients.reduce((most, patient) => Math.max(most, patient), 0) + 1);
  let call = 0;
  return (values) => {
    call += 1;
    let patients = 0;
    for (let row = 0; row < part.rows; row++) {
      const patient = part.patients[row]!;
      if (Number.isNaN(values[row]) || countedIn[patient] === call) continue;
      countedIn[patient] = call;
      patients += 1;
    }
    return patients;
  };
}
