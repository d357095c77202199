import type { LiveRun } from '@consilium/coordinator/api';
import type { StepsPage, StepView } from '@consilium/coordinator/conduct';
import { get } from '../call.js';
import { type Fetched, useSlowly } from '../use.js';
import type { Tail } from './tail.js';
import { useTail } from './use-tail.js';

/** The open step is looked at again this long after the last time at the earliest. */
const againMs = 5_000;
const page = 200;

/** The newest steps of a run, the open one the last, with the lines of those sites that the reader may see. */
export function useSteps(view: LiveRun, wanted: number): Fetched<Tail<StepView>> {
  const changes = useSlowly(view.journalLength, againMs);
  return useTail(
    { key: view.run, version: `${view.step} ${view.phase} ${changes}`, guess: view.index + 1, wanted },
    {
      page,
      isSettled: ({ done }) => done !== null,
      load: (signal) => async (from, limit) => {
        const { steps, total } = await get<StepsPage>(`api/runs/${view.run}/steps?from=${from}&limit=${limit}`, signal);
        return { items: steps, total };
      },
    },
  );
}
