import type { LiveRun } from '@consilium/coordinator/api';
import type { RunView } from '@consilium/coordinator/conduct';
import { get } from '../call.js';
import { type Fetched, useFetched } from '../use.js';

export type Judged = RunView['judged'][number];

/** The judged rounds of a run, fetched again when there are more of them. */
export const useJudged = ({ run, judgedRounds }: LiveRun): Fetched<readonly Judged[]> =>
  useFetched(`${run} ${judgedRounds}`, async (signal) => (await get<RunView>(`api/runs/${run}`, signal)).judged);
