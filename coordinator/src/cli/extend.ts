import { contractHash, extensionOf, runFile } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { Command } from 'commander';
import { getContract, postExtension } from '../api/calls.js';
import { extendRun } from '../lead/index.js';
import { wholeBody } from './client.js';
import type { CommandContext } from './context.js';
import { momentOf } from './durations.js';
import { findRun } from './find-run.js';
import { asLead, type LeadOptions, withLeadOptions } from './session.js';

interface ExtendOptions extends LeadOptions {
  readonly rounds?: string;
  readonly notAfter?: string;
}

/** Signs a longer contract of a run under way. What it extends is believed by the lead's own signature alone. */
export const extendCommand = (context: CommandContext): Command =>
  withLeadOptions(
    new Command('extend')
      .description('give a run under way more rounds, or more time')
      .argument('<run>', 'beginning of its id, or latest')
      .option('--rounds <count>', 'rounds of its last stage in all, those done included')
      .option('--not-after <span>', 'until when sites may work on it: 12h, 30d, or a date'),
  ).action(async (text: string, options: ExtendOptions) => {
    const rounds = options.rounds === undefined ? undefined : readRounds(options.rounds);
    const notAfter =
      options.notAfter === undefined ? undefined : momentOf(options.notAfter, '--not-after', context.now());
    await asLead(context, options, async ({ home, lead, client }) => {
      const run = await findRun(client, text);
      const bytes = await wholeBody(await client.stream(getContract, { params: { run } }));
      const { consortium } = home;
      const { present, longer, signed } = extendRun(lead, { consortium, run, bytes, wanted: { rounds, notAfter } });
      await client.call(postExtension, { params: { run }, body: { signed } });
      const [before, after] = [extensionOf(present), extensionOf(longer)];
      context.print(`Run          ${run}`);
      context.print(`Contract     ${contractHash(longer)}`);
      context.print(`Rounds       ${before.rounds === after.rounds ? '' : `${before.rounds} → `}${after.rounds}`);
      context.print(`Counts until ${longer.notAfter}`);
    });
  });

const readRounds = (text: string): number =>
  runFile.shape.training.shape.rounds.safeParse(Number(text)).data ??
  fail('CSM-CLI-ARGUMENT', { name: '--rounds', problem: 'a whole number from 1 to 100000' });
