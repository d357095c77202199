/**
 * Cuts rows into batches: [start, end) pairs. A short last batch is merged into the one before, because the gradient of a
 * batch of one or two patients is close to those patients' records; only a cohort smaller than one batch makes a short one.
 */
export function cutBatches(rows: number, batchSize: number): readonly (readonly [start: number, end: number])[] {
  const whole = Math.max(1, Math.floor(rows / batchSize));
  return Array.from({ length: rows === 0 ? 0 : whole }, (_, index) => [
    index * batchSize,
    index === whole - 1 ? rows : (index + 1) * batchSize,
  ]);
}
