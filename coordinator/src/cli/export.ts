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
      .requiredOption('--out <dir>', 'a new or empty folder'),
  ).action(async (text: string, options: LeadOptions & { out: string }) => {
    await demandEmpty(options.out);
    // Loaded here: it draws reports, and the means for that are large.
    const { exportRun } = await import('./export-run.js');
    await asLead(context, options, async (session) => {
      const run = await findRun(session.client, text);
      await mkdir(options.out, { recursive: true }).catch(fileFault(options.out));
      const { model, records, reports } = await exportRun(session, run, options.out, context.signal);
      context.print(`Journal      ${records} records, in order and signed`);
      context.print(`Contract     signed by this lead`);
      context.print(`Model        ${model ?? 'none yet'}`);
      context.print(`Reports      ${reports.length === 0 ? 'none' : reports.join(', ')}`);
      context.print(`Written to   ${options.out}`);
    });
  });

async function demandEmpty(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((thrown: unknown) =>
    reasonOf(thrown) === 'ENOENT' ? [] : fileFault(folder)(thrown),
  );
  if (entries.length > 0) fail('CSM-CLI-EXISTS', { path: folder });
}
