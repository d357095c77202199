import { setTimeout as wait } from 'node:timers/promises';
import { CodedError } from '@consilium/shared/errors';
import type { RunId } from '@consilium/shared/ids';
import { Command } from 'commander';
import { getEvents } from '../api/calls.js';
import { type RunView, runView } from '../conduct/view.js';
import { certifiedWords, coordinatorKeysOf } from './certified-words.js';
import type { LeadClient } from './client.js';
import type { CommandContext } from './context.js';
import { findRun } from './find-run.js';
import { asLead, type LeadOptions, withLeadOptions } from './session.js';
import { readEvents } from './sse.js';
import { statusText } from './status-text.js';
import { type Follower, openFollower } from './watch-follower.js';
import { news } from './watch-news.js';
import { journalText, screenOf } from './watch-screen.js';
import { terminalScreen } from './watch-terminal.js';

const firstRetryMs = 1_000;
const longestRetryMs = 15_000;
const redrawMs = 1_000;

/** Exit codes of `watch`. */
const exitCodes = { complete: 0, failed: 1, degraded: 3 } as const;

export const watchCommand = (context: CommandContext): Command =>
  withLeadOptions(
    new Command('watch')
      .description('follow a run to its end; exit code 0 complete, 3 degraded, 1 failed')
      .argument('<run>', 'beginning of its id, or latest'),
  ).action((text: string, options: LeadOptions) =>
    asLead(context, options, async (session) => {
      const { client, coordinatorKey } = session;
      const { now, signal } = context;
      const run = await findRun(client, text);
      const words = await certifiedWords(session, signal);
      const follower = openFollower(client, {
        coordinatorKeys: [coordinatorKey, ...coordinatorKeysOf(words)],
        now,
        signal,
      });
      const live = context.interactive ? liveScreen(context, follower) : liveLines(context.print, follower);
      let last: RunView | null = null;
      try {
        for await (const view of views(client, run, signal)) {
          follower.see(view);
          live.show();
          last = view;
          if (view.phase === 'closed') break;
        }
      } finally {
        live.close();
      }
      if (last === null) return;
      if (last.phase !== 'closed') {
        process.exitCode = 130;
        return;
      }
      const journal = await follower.settled();
      context.print('');
      context.print(statusText(last));
      context.print('');
      context.print(journalText(journal));
      process.exitCode = journal.kind === 'broken' ? exitCodes.failed : exitCodes[last.outcome ?? 'failed'];
    }),
  );

/** Shows a run as it goes. */
interface LiveView {
  show(): void;
  close(): void;
}

/** The whole of it, drawn again as it changes, and each second for the ages. */
function liveScreen({ env, now }: CommandContext, follower: Follower): LiveView {
  const screen = terminalScreen(process.stdout, { isColoured: env.NO_COLOR === undefined || env.NO_COLOR === '' });
  const draw = (): void => {
    follower.look();
    const sight = follower.sight();
    if (sight !== null) screen.draw(screenOf(sight, now().getTime(), screen.rows));
  };
  const redraw = setInterval(draw, redrawMs);
  return {
    show: draw,
    close() {
      clearInterval(redraw);
      screen.close();
    },
  };
}

/** Lines for logs and pipes: one for each thing that happened. */
function liveLines(print: (line: string) => void, follower: Follower): LiveView {
  let before: RunView | null = null;
  return {
    show() {
      const view = follower.sight()?.view;
      if (view === undefined) return;
      for (const line of news(before, view)) print(line);
      before = view;
    },
    close: () => {},
  };
}

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
