/** The middle one of some numbers. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(half)]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

export interface Remaining {
  readonly seconds: number;
  /** From what it follows. */
  readonly by: 'history' | 'pace';
}

/** So many of the newest durations count: a machine of today is not that of last week. */
const newestDurations = 9;

/**
 * Seconds until a site has done its step.
 * @param past seconds that steps of the same kind took at this site, oldest first
 * @param elapsed seconds since the step was opened; null when that is not known
 * @param left work that is left of the present activity, and how much of it is done each second
 * @returns null where neither says anything: no history, or the site is slower than it ever was
 */
export function etaOf(
  past: readonly number[],
  elapsed: number | null,
  left: { readonly work: number; readonly rate: number } | null,
): Remaining | null {
  const byPace = left === null || left.rate <= 0 ? null : left.work / left.rate;
  if (past.length > 0 && elapsed !== null) {
    const seconds = median(past.slice(-newestDurations)) - elapsed;
    if (seconds > 0) return { seconds, by: 'history' };
  }
  return byPace === null ? null : { seconds: byPace, by: 'pace' };
}
