import type { z } from 'zod';
import type { choose } from './training.js';

/** What decides between models: `loss` the lower the better, all others the higher. */
export type Choose = z.output<typeof choose>;

/** Whether a value is better than the best so far; a tie keeps the earlier one. */
export const isBetter = (by: Choose, value: number, best: number | null): boolean =>
  best === null || (by === 'loss' ? value < best : value > best);
