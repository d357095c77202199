import { Command } from 'commander';
import { postCommand } from '../api/calls.js';
import type { LeadCommand } from '../conduct/view.js';
import type { CommandContext } from './context.js';
import { findRun } from './find-run.js';
import { asLead, type LeadOptions, withLeadOptions } from './session.js';
import { statusText } from './status-text.js';

const descriptions: Readonly<Record<LeadCommand, string>> = {
  next: 'let a run that was launched with --step go on with its next round',
  pause: 'let a run wait; work under way is kept',
  resume: 'let a paused run go on',
  stop: 'end a run for good',
};

/** `next`, `pause`, `resume` and `stop`: one call each, and what the run looks like after it. */
export const runCommands = (context: CommandContext): readonly Command[] =>
  (['next', 'pause', 'resume', 'stop'] as const).map((command) =>
    withLeadOptions(
      new Command(command).description(descriptions[command]).argument('<run>', 'beginning of its id, or latest'),
    ).action((text: string, options: LeadOptions) =>
      asLead(context, options, async ({ client }) => {
        const run = await findRun(client, text);
        context.print(statusText(await client.call(postCommand, { params: { run }, body: { command } })));
      }),
    ),
  );
