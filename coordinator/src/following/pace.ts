import type { SiteView } from '../conduct/view.js';

/** How far a site was in one activity, and when. */
interface Mark {
  readonly activity: SiteView['activity'];
  readonly done: number;
  readonly atMs: number;
}

/** What was seen of a site's present activity: its first sight and its newest. */
export interface Pace {
  readonly first: Mark;
  readonly last: Mark;
}

/** Too short a look says nothing of a rate. */
const shortestLookMs = 1_500;

/** Takes in a new sight of a site; another activity, or one that began anew, starts over. */
export function seePace(before: Pace | null, { activity, progress }: SiteView, atMs: number): Pace | null {
  if (progress === null) return null;
  const mark = { activity, done: progress.done, atMs };
  const goesOn = before !== null && before.last.activity === activity && progress.done >= before.last.done;
  return goesOn ? { first: before.first, last: mark } : { first: mark, last: mark };
}

/** Work done each second, in the unit of the progress; null while it is not known. */
export function rateOf(pace: Pace | null): number | null {
  if (pace === null) return null;
  const { first, last } = pace;
  const ms = last.atMs - first.atMs;
  return ms < shortestLookMs || last.done === first.done ? null : (1000 * (last.done - first.done)) / ms;
}
