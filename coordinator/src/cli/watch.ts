import { setTimeout as wait } from 'node:timers/promises';
import { CodedError } from '@consilium/shared/errors';
import type { RunId } from '@consilium/shared/ids';
import { Command } from 'commander';
import { getEvents } from '../api/index.js';
import { type RunView, runView } from '../conduct/view.js';
import type { LeadClient } from './client.js';
import type { CommandContext } from './context.js';
import { findRun } from './find-run.js';
import { asLead, type LeadOptions, withLeadOptions } from './session.js';
import { readEvents } from './sse.js';
import { statusText } from './status-text.js';
import { liveBars, liveLines } from './watch-views.js';

const firstRetryMs = 1_000;
const longestRetryMs = 15_000;

/** Exit codes of `watch`. */
const exitCodes = { complete: 0, failed: 1, degraded: 3 } as const;

export const watchCommand = (context: CommandContext): Command =>
  withLeadOptions(
    new Command('watch')
      .description('follow a run to its end; exit code 0 complete, 3 degraded, 1 failed')
      .argument('<run>', 'beginning of its id, or latest'),
  ).action((text: string, options: LeadOptions) =>
    asLead(context, options, async ({ client }) => {
      const run = await findRun(client, text);
      const live = context.interactive ? liveBars() : liveLines(context.print);
      let last: RunView | null = null;
      try {
        for await (const view of views(client, run, context.signal)) {
          live.show(view);
          last = view;
          if (view.phase === 'closed') break;
        }
      } finally {
        live.close();
      }
      if (last === null) return;
      if (last.phase === 'closed') {
        context.print('');
        context.print(statusText(last));
        process.exitCode = exitCodes[last.outcome ?? 'failed'];
      } else {
        process.exitCode = 130;
      }
    }),
  );

/** A run's views as they change; calls again when the line breaks, since the run does not. */
async function* views(client: LeadClient, run: RunId, signal: AbortSignal): AsyncGenerator<RunView> {
  let retryMs = firstRetryMs;
  while (!signal.aborted) {
    try {
      const { body } = await client.stream(getEvents, { query: { run }, signal });
      for await (const { event, data } of readEvents(body)) {
        if (event !== 'view') continue;
        retryMs = firstRetryMs;
        yield runView.parse(JSON.parse(data));
      }
    } catch (thrown) {
      if (signal.aborted) return;
      if (!(thrown instanceof CodedError) || !passing.has(thrown.code)) throw thrown;
    }
    await wait(retryMs, undefined, { signal }).catch(() => {});
    retryMs = Math.min(2 * retryMs, longestRetryMs);
  }
}

const passing: ReadonlySet<string> = new Set(['CSM-CLI-UNREACHABLE', 'CSM-CLI-ANSWER', 'CSM-API-BUSY']);
