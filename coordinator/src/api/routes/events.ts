import { fail } from '@consilium/shared/errors';
import { runId } from '@consilium/shared/ids';
import { z } from 'zod';
import { type Bound, bindMedia } from '../bind.js';
import { narrowRun } from '../narrow.js';
import type { ApiOptions } from '../options.js';
import { sightOf } from '../role.js';
import { media } from '../shape.js';
import { event, watch } from '../streams.js';
import { newestFirst } from './runs.js';
import { membersFor } from './sites.js';

/** Open event streams at one time. */
const maxWatchers = 100;

export const getEvents = media({
  method: 'GET',
  path: '/api/events',
  access: 'reader',
  group: 'runs',
  summary:
    'Server-sent events. With `run`: an event `view` with the RunView now and after each change. ' +
    'Without: `runs` (RunSummaries) and `sites` (Members)',
  query: z.strictObject({ run: runId.optional() }),
  mediaType: 'text/event-stream',
});

export function eventRoutes(options: ApiOptions): readonly Bound[] {
  const { runs, sites } = options;
  let watchers = 0;
  return [
    bindMedia(getEvents, async ({ query: { run }, caller, signal }) => {
      // An unknown run is refused as a call, before the stream begins.
      if (run !== undefined) await runs.view(run);
      take(signal);
      const sight = sightOf(caller);
      const subscribe = (changed: () => void) => {
        const quiet = [
          runs.subscribe((id) => {
            if (run === undefined || run === id) changed();
          }),
          sites.subscribe(changed),
        ];
        return () => {
          for (const end of quiet) end();
        };
      };
      const look = async () =>
        run === undefined
          ? [
              event('runs', { runs: newestFirst(await runs.list()) }),
              event('sites', { sites: membersFor(options, sight) }),
            ]
          : [event('view', narrowRun(await runs.view(run), sight))];
      const live = () => caller.kind === 'lead' || (caller.kind === 'user' && caller.live());
      return watch({ subscribe, look, live, signal });
    }),
  ];

  /** Counts a stream until its call is over. */
  function take(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (watchers >= maxWatchers) fail('CSM-API-BUSY', { limit: maxWatchers });
    watchers += 1;
    const leave = (): void => {
      watchers -= 1;
    };
    signal.addEventListener('abort', leave, { once: true });
  }
}
