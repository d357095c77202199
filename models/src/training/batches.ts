import { batchesOf } from '@consilium/shared/contract';

/**
 * Cuts rows into batches: [start, end) pairs. A short last batch is merged into the one before, because the gradient of a
 * batch of one or two patients is close to those patients' records; only a cohort smaller than one batch makes a short one.
 */
export function cutBatches(rows: number, batchSize: number): readonly (readonly [start: number, end: number])[] {
  const whole = batchesOf(rows, batchSize);
  return Array.from({ length: whole }, (_, index) => [
    index * batchSize,
    index === whole - 1 ? rows : (index + 1) * batchSize,
  ]);
}
