import { asRows, eachColumn, selectColumns } from '@consilium/models/samples';
import { fail } from '@consilium/shared/errors';
import {
  type Moments,
  momentsOf,
  noMoments,
  type PreparationState,
  type ScaleStatistics,
} from '@consilium/shared/statistics';
import type { Dataset, Part } from '../data/index.js';

/**
 * Second preparation pass: n, mean and M2 of each feature of the model over this site's training samples, and no others.
 * A feature known of fewer than `minimumCell` patients is left out (n = 0).
 */
export function scaleStatistics(
  dataset: Dataset,
  state: PreparationState,
  minimumCell: number,
  salt: string,
): ScaleStatistics {
  const { train } = dataset.parts;
  const patientsKnown = patientCounter(train);
  const moments: Moments[] = [];
  eachColumn(selectColumns(asRows(train.input), columnsOf(dataset, state)), (_, values) => {
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

/** Where the dataset holds each feature of the state. @throws CSM-DATA-CHANGED */
export function columnsOf(dataset: Dataset, state: PreparationState): readonly number[] {
  const at = new Map(dataset.features.map((name, column) => [name, column]));
  return state.features.map((name) => at.get(name) ?? fail('CSM-DATA-CHANGED', { column: name }));
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
