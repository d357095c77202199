import type { Stage } from './stages.js';

/** Batches of one pass over so many rows: whole ones, as a short last batch joins the one before; at least one. */
export const batchesOf = (rows: number, batchSize: number): number =>
  rows === 0 ? 0 : Math.max(1, Math.floor(rows / batchSize));

/** Steps that a site takes in a round of a stage on so many training samples. */
export const localSteps = (
  { batchSize, localEpochs }: Pick<Stage, 'batchSize' | 'localEpochs'>,
  samples: number,
): number => localEpochs * batchesOf(samples, batchSize);
