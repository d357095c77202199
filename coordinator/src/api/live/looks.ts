import type { RunId } from '@consilium/shared/ids';
import type { RunSummary, RunView } from '../../conduct/view.js';
import { narrowRun } from '../narrow.js';
import type { ApiOptions } from '../options.js';
import { type Caller, sightOf } from '../role.js';
import { meOf } from '../routes/page-users.js';
import { newestFirst } from '../routes/runs.js';
import { membersFor } from '../routes/sites.js';
import type { LiveRun, LiveState } from './shapes.js';

/** Looks at what is watched. However many watch a run, it is looked at once between two changes. */
export interface Looks {
  /** @throws CSM-RUN-UNKNOWN */
  at(watched: RunId | null, caller: Caller): Promise<LiveState>;
  /** Forgets what was seen: of one run and the overview, or of everything. */
  forget(run?: string): void;
}

export function openLooks(options: ApiOptions): Looks {
  const { runs, now } = options;
  const views = new Map<string, Promise<RunView>>();
  let list: Promise<readonly RunSummary[]> | null = null;

  function view(run: RunId): Promise<RunView> {
    const held = views.get(run) ?? runs.view(run);
    views.set(run, held);
    held.catch(() => views.delete(run));
    return held;
  }

  return {
    async at(watched, caller) {
      const common = { at: now().toISOString(), me: meOf(caller, options) };
      const sight = sightOf(caller);
      if (watched === null) {
        list ??= runs.list();
        return {
          kind: 'overview',
          ...common,
          runs: newestFirst(await list),
          sites: membersFor(options, sight),
        };
      }
      return { kind: 'run', ...common, run: newestOf(narrowRun(await view(watched), sight)) };
    },
    forget(run) {
      list = null;
      if (run === undefined) views.clear();
      else views.delete(run);
    },
  };
}

const newestOf = ({ judged, ...run }: RunView): LiveRun => ({
  ...run,
  judgedRounds: judged.length,
  latest: judged.at(-1) ?? null,
});
