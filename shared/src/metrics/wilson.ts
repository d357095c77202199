/** Two-sided 95 % quantile of the normal distribution. */
export const normalQuantile95 = 1.959963984540054;

/** A 95 % confidence interval and how it was made. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly method: 'wilson' | 'bootstrap' | 'delong';
}

/** Wilson's score interval of a proportion (Wilson 1927): honest for few samples and at 0 and 1. Null without samples. */
export function wilson(successes: number, n: number): Interval | null {
  if (n === 0) return null;
  const z2 = normalQuantile95 ** 2;
  const p = successes / n;
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = (normalQuantile95 / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  return { low: successes === 0 ? 0 : centre - half, high: successes === n ? 1 : centre + half, method: 'wilson' };
}
