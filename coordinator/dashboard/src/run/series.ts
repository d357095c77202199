import type { getSeries, LiveRun } from '@consilium/coordinator/api';
import type { z } from 'zod';
import { get } from '../call.js';
import { type Fetched, useFetched, useSlowly } from '../use.js';

/** A figure over the judged rounds: pooled, and of the sites that the reader may see. */
export type Series = z.infer<typeof getSeries.answer>;

/** Curves of a run under way are fetched again this long after the last time at the earliest. */
const againMs = 5_000;
/** More points than this are no more to the eye. */
export const mostPoints = 400;

/** Curves by the name of their figure; a name that has just been asked for may still lack. */
export function useSeries(
  { run, judgedRounds }: LiveRun,
  metrics: readonly string[],
): Fetched<ReadonlyMap<string, Series>> {
  const rounds = useSlowly(judgedRounds, againMs);
  return useFetched(`${run} ${rounds} ${metrics.join(' ')}`, async (signal) => {
    const series = metrics.map((metric) =>
      get<Series>(`api/runs/${run}/series?metric=${metric}&points=${mostPoints}`, signal),
    );
    return new Map((await Promise.all(series)).map((one) => [one.metric, one]));
  });
}
