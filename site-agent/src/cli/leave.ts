import { fail } from '@consilium/shared/errors';
import { type RunId, runId } from '@consilium/shared/ids';
import type { Command } from 'commander';
import { readEnrolment } from '../config/index.js';
import { leaveRun } from '../governance/index.js';
import { type CommandContext, homeOf } from './context.js';

export function addLeave(program: Command, context: CommandContext): void {
  program
    .command('leave')
    .argument('<run>', 'id of the run: 32 digits, as the lead and the log name it')
    .description('take no further part in a run, for good; the agent may run meanwhile')
    .option('--home <dir>', "the agent's own folder")
    .action((run: string, { home }: { readonly home?: string }) => leave(run, home, context));
}

async function leave(text: string, told: string | undefined, context: CommandContext): Promise<void> {
  const home = homeOf(context, told);
  if ((await readEnrolment(home)) === null) fail('CSM-CLISITE-NOT-ENROLLED', { home: home.folder });
  const run: RunId =
    runId.safeParse(text).data ?? fail('CSM-CLI-ARGUMENT', { name: 'run', problem: 'it is no id of a run' });
  const isNew = await leaveRun(home.left, run);
  context.print(isNew ? `This hospital has left run ${run}.` : `This hospital had left run ${run} before.`);
  context.print(
    'Nothing more of it is sent: an upload under way ends at its next piece. The agent tells the coordinator when it next has a word to say.',
  );
}
