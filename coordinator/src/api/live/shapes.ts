import { runId } from '@consilium/shared/ids';
import { z } from 'zod';
import { judgedView, runSummary, runView } from '../../conduct/view.js';
import type { Problem } from '../problem.js';
import { me } from '../routes/page-users.js';
import { memberView } from '../routes/sites.js';

/** Path of the page's websockets, beside that of the agents. */
export const livePath = '/live/';
/** Namespace of the page on it. */
export const pageNamespace = '/page';

/** A run as it is shown live: the newest judged round alone. The course of the run is a call (`series`, `steps`). */
export const liveRun = runView.omit({ judged: true }).extend({ judgedRounds: z.int(), latest: judgedView.nullable() });
export type LiveRun = z.infer<typeof liveRun>;

const common = {
  /** When it was looked at: ages such as `heardSecondsAgo` count from there. */
  at: z.iso.datetime(),
  me,
};

/** What the page is sent: the whole of what is watched, as its user may see it. */
export const liveState = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('overview'), ...common, runs: z.array(runSummary), sites: z.array(memberView) }),
  z.strictObject({ kind: z.literal('run'), ...common, run: liveRun }),
]);
export type LiveState = z.infer<typeof liveState>;

/** What the page asks for: one run, or the overview. */
export const watchRequest = z.strictObject({ run: runId.nullable() });
export type WatchRequest = z.infer<typeof watchRequest>;

/** Events to the page. The next state comes after `seen` was called, so that a slow reader gets the newest alone. */
export interface ToPage {
  readonly state: (state: LiveState, seen: () => void) => void;
  readonly refused: (reason: Problem) => void;
}

/** Events from the page. */
export interface FromPage {
  readonly watch: (request: unknown) => void;
}
