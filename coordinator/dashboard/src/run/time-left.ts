import type { LiveRun } from '@consilium/coordinator/api';
import type { StepView } from '@consilium/coordinator/conduct';

/** So many of the newest steps say how long the next ones take. */
const newestSteps = 20;
/** Fewer say nothing. */
const fewestSteps = 2;

/**
 * Seconds until a run is through all of its steps, by how long the newest of them took: an upper bound where a stage may
 * stop early. Null while it waits, and before enough of it is done.
 */
export function timeLeft(
  { phase, index, steps: all }: Pick<LiveRun, 'phase' | 'index' | 'steps'>,
  steps: readonly StepView[],
  nowMs: number,
): number | null {
  if (phase !== 'running') return null;
  const ended = steps.flatMap(({ kind, opened, done }) =>
    opened === null || done === null || (kind !== 'train' && kind !== 'validate')
      ? []
      : [(Date.parse(done) - Date.parse(opened)) / 1000],
  );
  const newest = ended.slice(-newestSteps);
  if (newest.length < fewestSteps) return null;
  const each = newest.reduce((sum, seconds) => sum + seconds, 0) / newest.length;
  const open = steps.at(-1);
  const elapsed = open?.done === null && open.opened !== null ? (nowMs - Date.parse(open.opened)) / 1000 : 0;
  return Math.max(0, each * (all - index - 1) + Math.max(0, each - elapsed));
}
