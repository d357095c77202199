import { Command } from 'commander';
import { getRun, listRuns } from '../api/calls.js';
import type { CommandContext } from './context.js';
import { findRun } from './find-run.js';
import { asLead, type LeadOptions, withLeadOptions } from './session.js';
import { runsText, statusText } from './status-text.js';

export const statusCommand = (context: CommandContext): Command =>
  withLeadOptions(
    new Command('status')
      .description('all runs, or one of them')
      .argument('[run]', 'beginning of its id, or latest')
      .option('--json', 'as JSON'),
  ).action((text: string | undefined, options: LeadOptions & { json?: boolean }) =>
    asLead(context, options, async ({ client }) => {
      const asJson = options.json === true;
      if (text !== undefined) {
        const view = await client.call(getRun, { params: { run: await findRun(client, text) } });
        return context.print(asJson ? JSON.stringify(view) : statusText(view));
      }
      const { runs } = await client.call(listRuns);
      if (asJson) return context.print(JSON.stringify(runs));
      context.print(runs.length === 0 ? 'No runs yet. Next: consilium launch RUN.yaml' : runsText(runs));
    }),
  );
