import { releasable } from './leave-out.js';
import { type Moments, momentsOf, noMoments, sampleDeviation } from './moments.js';

/**
 * One feature's moments in each class over the known values of a site's training samples, as they may leave the site beside the
 * moments over all classes (`releasable`): those of classes left out are `noMoments`.
 * @param values [rows], NaN where missing
 * @param y class index of each row; `patients` whose row it is
 */
export function classMoments(
  values: ArrayLike<number>,
  { y, patients }: { readonly y: ArrayLike<number>; readonly patients: ArrayLike<number> },
  { classes, minimum }: { readonly classes: number; readonly minimum: number },
): readonly Moments[] {
  const members = Array.from({ length: classes }, () => new Set<number>());
  const known = Array.from({ length: classes }, (): number[] => []);
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (Number.isNaN(value)) continue;
    const label = y[row]!;
    members[label]!.add(patients[row]!);
    known[label]!.push(value);
  }
  const released = releasable(members, minimum);
  return known.map((values, label) => (released[label] ? momentsOf(values) : noMoments));
}

/**
 * F of a one-way analysis of variance of one feature: variance between the classes' means over variance within classes.
 * 0 where nothing can be compared: fewer than two classes, no more values than classes, or a feature that is constant to float32.
 * Always finite: the largest number where the classes differ and no value differs within one.
 * @param groups moments of each class, over all sites; classes without values do not count
 */
export function anovaF(groups: readonly Moments[]): number {
  const present = groups.filter(({ n }) => n > 0);
  const samples = present.reduce((sum, { n }) => sum + n, 0);
  const between = present.length - 1;
  const within = samples - present.length;
  if (between < 1 || within < 1) return 0;
  const centre = present.reduce((sum, { n, mean }) => sum + mean * (n / samples), 0);
  const explained = present.reduce((sum, { n, mean }) => sum + n * (mean - centre) ** 2, 0);
  const left = present.reduce((sum, { m2 }) => sum + m2, 0);
  if (sampleDeviation({ n: samples, mean: centre, m2: explained + left }) === 0) return 0;
  return Math.min(Number.MAX_VALUE, explained / between / (left / within));
}

/**
 * The highest scores' indices, highest first; of equal ones the earlier first, those that are no number last.
 * @param count how many at most
 */
export function highest(scores: readonly number[], count: number): readonly number[] {
  const rank = (index: number): number => (Number.isNaN(scores[index]!) ? -Infinity : scores[index]!);
  const order = (a: number, b: number): number => (rank(a) === rank(b) ? a - b : rank(b) > rank(a) ? 1 : -1);
  return scores
    .map((_, index) => index)
    .sort(order)
    .slice(0, count);
}
