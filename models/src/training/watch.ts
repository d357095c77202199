import { z } from 'zod';

/** When a score that is looked at once an epoch counts as no longer improving. */
export const watchRule = z.strictObject({
  better: z.enum(['lower', 'higher']),
  /** Epochs in a row without an improvement. */
  patience: z.int().min(1),
  /** An improvement is more than this. */
  minimumChange: z.number().min(0).default(0),
});

export type WatchRule = Readonly<z.infer<typeof watchRule>>;

/** What the scores of some epochs come to. Plain data: it can be kept between rounds. */
export interface Watched {
  /** Scores seen. */
  readonly seen: number;
  /** The best one; null before the first that is a number. */
  readonly best: number | null;
  /** Its epoch, counted from 1: the weights to go back to. */
  readonly bestAt: number;
  /** Scores since then. */
  readonly waited: number;
}

export const unwatched: Watched = { seen: 0, best: null, bestAt: 0, waited: 0 };

/** Takes in the next epoch's score. One that is no number is no improvement. */
export function watch(before: Watched, score: number, { better, minimumChange }: WatchRule): Watched {
  const seen = before.seen + 1;
  const gain = better === 'higher' ? score - (before.best ?? -Infinity) : (before.best ?? Infinity) - score;
  if (gain > minimumChange) return { seen, best: score, bestAt: seen, waited: 0 };
  return { ...before, seen, waited: before.waited + 1 };
}

/** Early stopping: whether the patience is used up. */
export const shouldStop = (watched: Watched, { patience }: WatchRule): boolean => watched.waited >= patience;
