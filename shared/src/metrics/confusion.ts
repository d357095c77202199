/** Counts by true class (row) and predicted class (column). */
export type Confusion = readonly (readonly number[])[];

/**
 * The confusion matrix of labels and predictions.
 * @param weights how often each row counts (a bootstrap draw); once when left out
 */
export function confusionOf(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
  weights?: ArrayLike<number>,
): Confusion {
  const cells = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let row = 0; row < truth.length; row++) cells[truth[row]!]![predicted[row]!]! += weights ? weights[row]! : 1;
  return cells;
}

/** Samples of each true class. */
export const supportOf = (confusion: Confusion): readonly number[] => confusion.map(sum);

/** Samples predicted as each class. */
export const predictedOf = (confusion: Confusion): readonly number[] =>
  confusion.map((_, column) => confusion.reduce((total, row) => total + row[column]!, 0));

/** Samples predicted right. */
export const correctOf = (confusion: Confusion): number =>
  confusion.reduce((total, row, index) => total + row[index]!, 0);

/** All samples. */
export const totalOf = (confusion: Confusion): number => sum(supportOf(confusion));

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
