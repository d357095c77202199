import { mkdir, readdir } from 'node:fs/promises';
import { fail } from '@consilium/shared/errors';
import { Command } from 'commander';
import type { CommandContext } from './context.js';
import { fileFault, reasonOf } from './files.js';
import { findRun } from './find-run.js';
import { asLead, type LeadOptions, withLeadOptions } from './session.js';

export const exportCommand = (context: CommandContext): Command =>
  withLeadOptions(
    new Command('export')
      .description('take a run away: model, contract, journal, reports; everything is verified')
      .argument('<run>', 'beginning of its id, or latest')
      .requiredOption('--out <dir>', 'a new or empty folder')
      .option('--updates', 'also the updates that are kept, to fold their rounds again; they tell of patients'),
  ).action(async (text: string, options: LeadOptions & { out: string; updates?: boolean }) => {
    await demandEmpty(options.out);
    // Loaded here: it draws reports, and the means for that are large.
    const { exportRun } = await import('./export-run.js');
    await asLead(context, options, async (session) => {
      const run = await findRun(session.client, text);
      await mkdir(options.out, { recursive: true }).catch(fileFault(options.out));
      const { updates = false } = options;
      const how = { updates, now: context.now };
      const { model, records, reports, kept } = await exportRun(session, run, options.out, how, context.signal);
      context.print(`Journal      ${records} records, in order and signed`);
      context.print(`Contract     signed by this lead`);
      context.print(`Model        ${model ?? 'none yet'}`);
      context.print(`Reports      ${reports.length === 0 ? 'none' : reports.join(', ')}`);
      if (updates) context.print(`Kept         ${kept} updates and models to fold rounds again from`);
      context.print(`Written to   ${options.out}`);
      context.print(`Check it     consilium verify ${options.out}`);
      if (updates) {
        context.print('');
        context.print('The updates in it tell of patients: keep the folder as you would keep their records, and');
        context.print('delete it when you have verified it. That you took them stands in the consortium’s journal.');
      }
    });
  });

async function demandEmpty(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((thrown: unknown) =>
    reasonOf(thrown) === 'ENOENT' ? [] : fileFault(folder)(thrown),
  );
  if (entries.length > 0) fail('CSM-CLI-EXISTS', { path: folder });
}
