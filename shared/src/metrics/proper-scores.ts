/** A probability below this counts as this in the logarithm, so that one sample's loss stays finite (27.6 at most). */
export const probabilityFloor = 1e-12;

/** Brier score of one row, summed over classes: Σ (p_c − [c = y])², from 0 to 2. */
export function brierOf(probabilities: ArrayLike<number>, row: number, classes: number, label: number): number {
  let sum = 0;
  for (let c = 0; c < classes; c++) sum += (probabilities[row * classes + c]! - (c === label ? 1 : 0)) ** 2;
  return sum;
}

/** Negative log likelihood of one row's true class, in nats. */
export function logLossOf(probabilities: ArrayLike<number>, row: number, classes: number, label: number): number {
  return -Math.log(Math.min(1, Math.max(probabilities[row * classes + label]!, probabilityFloor)));
}
