import { z } from 'zod';
import type { RunFile } from './run-file.js';

/** Rounds whose updates stay where the run file does not say. */
const usualRounds = 2;

export const retention = z.strictObject({
  /** Of how many rounds of training, the newest ones, the coordinator keeps the sites' updates. */
  updates: z.union([z.literal('all'), z.int().min(0).max(100_000)]).exactOptional(),
});

/** Of how many rounds of training updates are kept, with what their folds can be made again from. */
export function keptRounds({ retention: kept }: RunFile): number {
  const rounds = kept?.updates ?? usualRounds;
  return rounds === 'all' ? Number.POSITIVE_INFINITY : rounds;
}
