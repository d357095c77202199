import { reliabilityBin } from './calibration.js';
import { type Confusion, confusionOf, predictedOf, supportOf } from './confusion.js';
import { type Measures, shownBins } from './measures.js';
import { mostProbable, type Predictions } from './predictions.js';

/** How many different patients stand behind each count of a set of measures. */
export interface PatientTally {
  readonly n: number;
  readonly cells: Confusion;
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly bins: readonly number[];
}

/** One sample, one patient: the counts themselves. */
export function samplesAsPatients(measures: Measures): PatientTally {
  return {
    n: measures.n,
    cells: measures.confusion,
    rows: supportOf(measures.confusion),
    columns: predictedOf(measures.confusion),
    bins: measures.reliability.map((bin) => bin.count),
  };
}

/**
 * Counts patients where one may have several samples.
 * @param patients index of each row's patient; it stays at the site
 */
export function tallyPatients({ y, probabilities, classes }: Predictions, patients: ArrayLike<number>): PatientTally {
  const predicted = mostProbable(probabilities, classes);
  /** Different patients by group of rows. */
  const distinct = (groups: number, groupOf: (row: number) => number): number[] => {
    const members = Array.from({ length: groups }, () => new Set<number>());
    for (let row = 0; row < y.length; row++) members[groupOf(row)]!.add(patients[row]!);
    return members.map((group) => group.size);
  };
  const cells = distinct(classes * classes, (row) => y[row]! * classes + predicted[row]!);
  return {
    n: new Set(Array.from(patients)).size,
    cells: confusionOf([], [], classes).map((_, row) => cells.slice(row * classes, (row + 1) * classes)),
    rows: distinct(classes, (row) => y[row]!),
    columns: distinct(classes, (row) => predicted[row]!),
    bins: distinct(shownBins, (row) => reliabilityBin(probabilities[row * classes + predicted[row]!]!, shownBins)),
  };
}
